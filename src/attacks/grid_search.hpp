// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "eigensweep/attacks/attack.hpp"

namespace eigensweep::attacks {

/// The perturbed samples [n, d] of all networks whose strength lies in (above, upto], in an order of its own.
using Candidates = std::function<void(double above, double upto, const std::function<void(const Tensor& x)>& give)>;

/// Visits each intensity with the worst of all candidates up to that strength, for each network and sample by itself:
/// the one with the largest margin of another logit over the label's. The sample itself is one of them, so a larger
/// intensity is never less harmful.
void search_grid(const Problem& problem, const std::vector<double>& intensities, const Visit& visit,
                 const Candidates& candidates);

}  // namespace eigensweep::attacks
