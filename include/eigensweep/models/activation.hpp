// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

/// Applies a nonlinearity by its name in a study file ("tanh", "relu", "erf", "gelu"), elementwise, differentiable
/// twice. gelu is the exact one, x * Phi(x). Throws ContractViolation for an unknown name: the study was checked
/// before.
torch::Tensor activate(const std::string& name, const torch::Tensor& x);

}  // namespace eigensweep::models
