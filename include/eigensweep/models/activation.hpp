// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

/// Nonlinearities f by their names in a study file ("tanh", "relu", "erf", "gelu"), elementwise. gelu is the exact one,
/// x * Phi(x). Each function throws ContractViolation for an unknown name: the study was checked before.

/// f(x), differentiable twice.
torch::Tensor activate(const std::string& name, const torch::Tensor& x);

/// Whether f'(x) follows from f(x) alone.
bool slope_needs_only_value(const std::string& name);
/// Replaces x by f(x), in memory, where slope_needs_only_value(). Not differentiable.
void activate_in_place(const std::string& name, torch::Tensor& x);
/// Multiplies `gradient` in place by f'(x), where `value` is f(x). `x` may be undefined if slope_needs_only_value().
void multiply_by_slope(const std::string& name, torch::Tensor& gradient, const torch::Tensor& x,
                       const torch::Tensor& value);

}  // namespace eigensweep::models
