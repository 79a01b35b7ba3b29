// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

/// How many numbers a forward pass keeps in memory per sample, over all lanes (hidden layers before and after their
/// nonlinearity, logits). It runs one sample to find out, because models keep no list of their widths.
std::int64_t activations_per_sample(Model& model, std::int64_t input_size, const torch::Device& device);

}  // namespace eigensweep::models
