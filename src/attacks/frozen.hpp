// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/models/model.hpp"

namespace eigensweep::attacks {

/// Switches the gradients of a model's parameters off for its lifetime: the backward pass then has half the products.
class Frozen {
 public:
  explicit Frozen(models::Model& model) {
    for (const models::NamedTensor& parameter : model.parameters()) {
      if (!parameter.tensor.requires_grad()) continue;
      trained_.push_back(parameter.tensor);
      trained_.back().requires_grad_(false);
    }
  }
  ~Frozen() {
    for (torch::Tensor& tensor : trained_) tensor.requires_grad_(true);
  }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  std::vector<torch::Tensor> trained_;
};

}  // namespace eigensweep::attacks
