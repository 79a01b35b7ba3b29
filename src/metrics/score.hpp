// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/numerics/verdict.hpp"

namespace eigensweep::metrics {

/// Runs the networks in evaluation mode over all `images` [n, d] with `labels` [n], a chunk at a time. Returns each
/// lane's accuracy and losses. `Verdict::task_loss` is the loss that their training minimised.
std::vector<models::Verdict> score(const Subject& subject, const torch::Tensor& images, const torch::Tensor& labels);

/// Adds a lane's verdict on a split as the columns "<split>_accuracy", "<split>_loss" (the task's) and
/// "<split>_cross_entropy".
void add_verdict(const models::Verdict& verdict, const std::string& split, Measurement& measurement);

}  // namespace eigensweep::metrics
