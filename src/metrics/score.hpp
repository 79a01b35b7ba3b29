// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/models/model.hpp"

namespace eigensweep::metrics {

/// How networks do on samples: [E] float64 each, on the host.
struct Score {
  torch::Tensor accuracy;  ///< share classified right
  torch::Tensor loss;      ///< mean cross entropy
};

/// Runs `model` in evaluation mode over all `images` [n, d] with `labels` [n], a chunk at a time.
Score score(models::Model& model, const torch::Tensor& images, const torch::Tensor& labels);

}  // namespace eigensweep::metrics
