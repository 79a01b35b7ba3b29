// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/study/plan/pack.hpp"

namespace eigensweep::study {

/// What one lane of a trial costs; the same for every trial of its shape.
struct LaneCost {
  double training_flops = 0;
  double step_flops = 0;  ///< of one optimiser step; decides whether packing pays
  double evaluation_flops = 0;
  double overhead = 0;      ///< of a pack of any size, as a share of one lane's operations: small steps fill no device
  double lane_bytes = 0;    ///< of the lane itself
  double shared_bytes = 0;  ///< once per pack: the dataset
  std::string largest;      ///< what `lane_bytes` is for: "metric 'kernel_regression'"; "": the training
};

LaneCost lane_cost(const Study& study, const Catalog& catalog, const Trial& trial,
                   const std::vector<Evaluation>& evaluations);

/// How many lanes of that cost train best side by side on one device with `memory` bytes.
std::size_t best_lanes(const LaneCost& cost, double memory);

}  // namespace eigensweep::study
