// SPDX-License-Identifier: MIT
#include "eigensweep/attacks/gradient.hpp"

#include "eigensweep/models/numerics/verdict.hpp"
#include "frozen.hpp"

namespace eigensweep::attacks {
Tensor input_gradient(models::Model& model, const Tensor& inputs, const Tensor& labels, models::Mode mode) {
  if (model.has_input_gradient()) {
    const auto pass = model.pass(models::Inputs::per_lane(inputs), mode);
    return model.input_gradient(*pass, models::cross_entropy_gradient(pass->output.logits, labels)).to(inputs.dtype());
  }
  const torch::AutoGradMode with_gradients(true);
  const Frozen frozen(model);
  const Tensor x = inputs.detach().requires_grad_();
  const Tensor logits = model.forward(models::Inputs::per_lane(x), mode).logits;
  return torch::autograd::grad({models::cross_entropy(logits, labels).sum()}, {x})[0];
}

Tensor input_gradient(models::Model& model, const Tensor& inputs, const Tensor& labels, models::Compute compute) {
  const models::ComputeScope scope(compute);
  return input_gradient(model, inputs, labels);
}

}  // namespace eigensweep::attacks
