// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

/// Whether a SaturationScope lives and changes the derivative of this nonlinearity.
bool has_saturated_form(const std::string& name);
/// f(x) of [E, N, B], or of images [B, E * C, H, W], with the derivative that the scope asks for.
torch::Tensor activate_saturated(const std::string& name, const torch::Tensor& x);

}  // namespace eigensweep::models
