// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/attacks/attack.hpp"
#include "eigensweep/attacks/objective.hpp"

namespace eigensweep::attacks {

/// The gradients [E, n, d] at `x` that an attack follows. T: has the options of a GradientAttack (ball_options.hpp).
template <class T>
Tensor followed_gradient(const Problem& problem, const Tensor& x, const T& options) {
  const auto slope_of = options.recompute_vanishing ? &steepest_slope : &slope;
  return slope_of(problem.model, x, options.loss, problem.labels, /*targets=*/{}, options.compute).gradient;
}

}  // namespace eigensweep::attacks
