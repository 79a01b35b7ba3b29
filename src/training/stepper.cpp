// SPDX-License-Identifier: MIT
#include "eigensweep/training/stepper.hpp"

namespace eigensweep::training {

StepResult Stepper::step(const Batch& batch, double rate_factor) {
  const models::Output output = model_.forward(batch.inputs, models::Mode::train);
  const Tensor task_loss = task_.loss(output, batch);
  Tensor penalty;
  for (const auto& regularizer : regularizers_) {
    const Tensor value = regularizer->penalty(output);
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
