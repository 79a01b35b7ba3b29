// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "eigensweep/training/optimizer.hpp"

namespace eigensweep::training {

enum class Decay { coupled, decoupled };  ///< Adam; AdamW

/// Adam and AdamW on torch's fused kernels: the same arithmetic as torch.optim.Adam(W) in Python.
std::unique_ptr<Optimizer> make_adaptive(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters,
                                         Decay decay);

}  // namespace eigensweep::training
