// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

/// Nonlinearities f by their names in a study file ("tanh", "relu", "erf", "gelu"), elementwise. gelu is the exact one,
/// x * Phi(x). Each function throws ContractViolation for an unknown name: the study was checked before.

/// f(x), differentiable twice.
torch::Tensor activate(const std::string& name, const torch::Tensor& x);

/// While it lives, the derivatives of activate() do not vanish in saturated units of tanh and erf: they follow from the
/// logarithm of f'(x), where 1 - tanh(x)^2 is 0 in float32 from |x| = 9 on. A gradient is the true one but for a
/// positive factor of each sample and lane, which keeps its largest entry at 1. Only first derivatives; not for
/// training. One at a time in a thread.
class SaturationScope {
 public:
  /// `keeps_scale`: no such factors, for networks whose outputs are a sum of several networks' outputs; derivatives
  /// then vanish in tanh from |x| = 44 on.
  SaturationScope(std::int64_t lanes, bool keeps_scale);
  ~SaturationScope();
  SaturationScope(const SaturationScope&) = delete;
  SaturationScope& operator=(const SaturationScope&) = delete;
};

/// Whether f'(x) follows from f(x) alone.
bool slope_needs_only_value(const std::string& name);
/// Replaces x by f(x), in memory, where slope_needs_only_value(). Not differentiable.
void activate_in_place(const std::string& name, torch::Tensor& x);
/// Multiplies `gradient` in place by f'(x), where `value` is f(x). `x` may be undefined if slope_needs_only_value().
void multiply_by_slope(const std::string& name, torch::Tensor& gradient, const torch::Tensor& x,
                       const torch::Tensor& value);

}  // namespace eigensweep::models
