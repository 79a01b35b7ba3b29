// SPDX-License-Identifier: MIT
#include "eigensweep/training/stepper.hpp"

#include <algorithm>

namespace eigensweep::training {

namespace {

/// Every lane's own copy of its batch, so that a gradient to it is the lane's own.
models::Inputs differentiable(const models::Inputs& inputs, std::int64_t lanes) {
  std::vector<Tensor> copies;
  copies.reserve(static_cast<std::size_t>(lanes));
  for (std::size_t group = 0; group < inputs.lanes.size(); ++group) {
    for (std::int64_t i = 0; i < inputs.lanes[group]; ++i) copies.push_back(inputs.x[static_cast<std::int64_t>(group)]);
  }
  return models::Inputs::per_lane(torch::stack(copies).requires_grad_(true));
}

}  // namespace

StepResult Stepper::step(const Batch& batch, double rate_factor, std::int64_t global_step) {
  const bool by_inputs = std::any_of(regularizers_.begin(), regularizers_.end(),
                                     [](const auto& regularizer) { return regularizer->reads_input_gradients(); });
  const models::Inputs inputs = by_inputs ? differentiable(batch.inputs, model_.lanes()) : batch.inputs;
  const models::Output output = model_.forward(inputs, models::Mode::train);
  const Tensor task_loss = task_.loss(output, batch);
  Tensor penalty;
  for (const auto& regularizer : regularizers_) {
    const Tensor value = regularizer->penalty({inputs, output, global_step});
    penalty = penalty.defined() ? penalty + value : value;
  }
  const Tensor loss = penalty.defined() ? task_loss + penalty : task_loss;

  std::vector<Tensor> parameters;
  for (const models::NamedTensor& named : model_.parameters()) parameters.push_back(named.tensor);
  std::vector<Tensor> gradients = torch::autograd::grad({loss.sum()}, parameters);
  for (Tensor& gradient : gradients) gradient = gradient.contiguous();  // the fused kernels walk memory

  const torch::NoGradGuard no_grad;
  optimizer_.step(gradients, rate_factor);
  return {loss.detach(), task_loss.detach(), penalty.defined() ? penalty.detach() : torch::zeros_like(task_loss),
          task_.correct(output, batch)};
}

}  // namespace eigensweep::training
