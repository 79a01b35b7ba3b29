// SPDX-License-Identifier: MIT
#pragma once

#include "region.hpp"

namespace eigensweep::attacks {

/// Where the walks of APGD are: [E, R, d] each, features first in memory.
struct ApgdPoints {
  Tensor x, previous;
  Tensor best, best_gradient;  ///< where the objective was largest so far
};

/// A step of the walks of APGD, [E, R] each.
struct ApgdMove {
  Tensor is_best;  ///< x is the best point so far
  Tensor is_back;  ///< the step starts from the best point; undefined for none
  Tensor radius;
  Tensor size;   ///< of the step towards the aim
  Tensor share;  ///< of that step; the rest is the step before
};

/// Notes x and its `gradient` as the best where they are, then moves all walks to
/// x + share * (aim - x) + (1 - share) * (x - previous), where the aim is `size` along the steepest ascent. x and its
/// gradient are the best ones where the step starts from there. Both the aim and the end are drawn into ball and box.
void step_apgd(ApgdPoints& points, const Region& region, const Tensor& gradient, const Tensor& centre,
               const ApgdMove& move);

}  // namespace eigensweep::attacks
