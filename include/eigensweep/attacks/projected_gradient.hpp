// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "eigensweep/attacks/attack.hpp"
#include "eigensweep/attacks/norm.hpp"
#include "eigensweep/attacks/objective_kinds.hpp"
#include "eigensweep/study/declare/compute.hpp"

namespace eigensweep::attacks {

/// How projected gradient descent goes, by default as foolbox does in the maximum norm.
struct PgdSteps {
  Norm norm = Norm::linf;
  std::int64_t steps = 40;
  double relative_step = 0.01 / 0.3;  ///< of the radius
  bool random_start = true;
  std::int64_t restarts = 1;
  Objective loss = Objective::cross_entropy;
  study::Compute compute = study::Compute::float32;
  bool recompute_vanishing = false;  ///< gradients that saturated units make vanish, as steepest_slope() does
};

/// One step of the whole radius from the sample itself is the fast gradient method.
std::unique_ptr<Attack> make_projected_gradient(const PgdSteps& how);

}  // namespace eigensweep::attacks
