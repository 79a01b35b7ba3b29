// SPDX-License-Identifier: MIT
#pragma once

#include "region.hpp"

namespace eigensweep::attacks {

/// Where the walks of APGD are: [E, R, d] each, features first in memory.
struct ApgdPoints {
  Tensor x, previous;
  Tensor best, best_gradient;  ///< where the objective was largest so far
};

/// Notes `x` and its gradient as the best where `is_best` [E, R] says so. Changes the best in place.
void keep_best(ApgdPoints& points, const Tensor& gradient, const Tensor& is_best);

/// The move of all walks: to x + share * (aim - x) + (1 - share) * (x - previous), where the aim is `size` along the
/// steepest ascent; both are drawn into ball and box. `radius`, `size` and `share` are [E, R] as x.
void move_apgd(ApgdPoints& points, const Region& region, const Tensor& gradient, const Tensor& centre,
               const Tensor& radius, const Tensor& size, const Tensor& share);

}  // namespace eigensweep::attacks
