// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "effort.hpp"
#include "eigensweep/attacks/attack.hpp"
#include "eigensweep/attacks/norm.hpp"

namespace eigensweep::attacks {

/// Searches for the nearest misclassified point of each sample, on a ladder of all radii, by several attacks in turn:
/// the grey image, one fast gradient step, APGD on the log-odds, APGD towards each wrong class, FAB and Square. Each
/// starts from what those before have found.
std::unique_ptr<Attack> make_protocol(Norm norm, const Effort& effort);

}  // namespace eigensweep::attacks
