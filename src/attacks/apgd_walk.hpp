// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/attacks/objective_kinds.hpp"
#include "search.hpp"

namespace eigensweep::attacks {

/// How APGD goes.
struct ApgdSteps {
  std::int64_t steps = 100;
  Objective objective = Objective::log_odds;
  Finder finder = Finder::apgd;
  /// At a checkpoint, walks end that would not arrive (ApgdReach).
  bool gives_up = false;
  /// Leaves out samples on which a walk before gave up in the first half of its steps, and nothing was found since.
  bool leaves_out = false;
};

/// The steps after which APGD decides whether to halve its step size, the last not after `steps`: as the authors' code
/// has them, which differ from the paper's below 100 steps.
std::vector<std::int64_t> apgd_checkpoints(std::int64_t steps);

/// Auto-PGD (Croce and Hein 2020, arXiv:2003.01690) from `start` [E, n, d], on each sample of the search that has a
/// target. Every point on the way is a candidate. A sample that is fooled goes on from there in the ball of its next
/// target, with all its steps; one that is not ends after `steps`. `targets` [E, n]: the wrong classes, of an objective
/// that has one.
///
/// It differs from the authors' code where that compares losses with numbers that are no losses: at the first
/// checkpoint, and after a return to the best point.
void walk_apgd(Search& search, const ApgdSteps& how, const Tensor& start, const Tensor& targets = {});

}  // namespace eigensweep::attacks
