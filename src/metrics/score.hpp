// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/verdict.hpp"

namespace eigensweep::metrics {

/// Runs `model` in evaluation mode over all `images` [n, d] with `labels` [n], a chunk at a time: how each lane does.
std::vector<models::Verdict> score(models::Model& model, const torch::Tensor& images, const torch::Tensor& labels);

/// Adds a lane's verdict on a split as the columns "<split>_accuracy" and "<split>_loss".
void add_verdict(const models::Verdict& verdict, const std::string& split, Measurement& measurement);

}  // namespace eigensweep::metrics
