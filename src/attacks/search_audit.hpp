// SPDX-License-Identifier: MIT
#pragma once

#include "search.hpp"

namespace eigensweep::attacks {

/// Whether the nearest misclassified point of a sample does not stand up when it is evaluated again, in batches of
/// other sizes: it is classified right there, or lies outside the box or the ball of its distance. [E, n] bool.
Tensor are_unconfirmed(const Search& search);

}  // namespace eigensweep::attacks
