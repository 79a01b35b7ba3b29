// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "search.hpp"

namespace eigensweep::attacks {

/// Draws the nearest misclassified points that `finder` has found towards their samples: bisects the lines between them
/// so often, and notes every misclassified point. It leaves 2^-halvings of each distance undecided, and a
/// margin of logits that is clear of roundings.
void bisect_nearest(Search& search, std::int64_t halvings, Finder finder);

}  // namespace eigensweep::attacks
