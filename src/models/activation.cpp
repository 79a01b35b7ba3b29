// SPDX-License-Identifier: MIT
#include "eigensweep/models/activation.hpp"

#include <numbers>

#include "eigensweep/core/error.hpp"
#include "saturation.hpp"

namespace eigensweep::models {
namespace {

[[noreturn]] void refuse(const std::string& name) { throw ContractViolation("no activation named '" + name + "'"); }

}  // namespace

torch::Tensor activate(const std::string& name, const torch::Tensor& x) {
  if (has_saturated_form(name) && x.requires_grad()) return activate_saturated(name, x);
  if (name == "tanh") return torch::tanh(x);
  if (name == "relu") return torch::relu(x);
  if (name == "erf") return torch::erf(x);
  if (name == "gelu") return torch::gelu(x);
  refuse(name);
}

bool slope_needs_only_value(const std::string& name) {
  if (name == "tanh" || name == "relu") return true;
  if (name == "erf" || name == "gelu") return false;
  refuse(name);
}

void activate_in_place(const std::string& name, torch::Tensor& x) {
  if (name == "tanh") {
    torch::tanh_(x);
  } else if (name == "relu") {
    torch::relu_(x);
  } else {
    refuse(name);
  }
}

void multiply_by_slope(const std::string& name, torch::Tensor& gradient, const torch::Tensor& x,
                       const torch::Tensor& value) {
  if (name == "tanh") {
    at::tanh_backward_out(gradient, gradient, value);
  } else if (name == "relu") {
    at::threshold_backward_out(gradient, gradient, value, 0);
  } else if (name == "erf") {
    gradient.mul_(x.square().neg_().exp_().mul_(2 * std::numbers::inv_sqrtpi));
  } else if (name == "gelu") {
    at::gelu_backward_out(gradient, gradient, x);
  } else {
    refuse(name);
  }
}

}  // namespace eigensweep::models
