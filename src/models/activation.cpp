// SPDX-License-Identifier: MIT
#include "eigensweep/models/activation.hpp"

#include "eigensweep/core/error.hpp"

namespace eigensweep::models {

torch::Tensor activate(const std::string& name, const torch::Tensor& x) {
  if (name == "tanh") return torch::tanh(x);
  if (name == "relu") return torch::relu(x);
  if (name == "erf") return torch::erf(x);
  if (name == "gelu") return torch::gelu(x);
  throw ContractViolation("no activation named '" + name + "'");
}

}  // namespace eigensweep::models
