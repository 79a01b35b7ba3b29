// SPDX-License-Identifier: MIT
#include "eigensweep/training/stepper.hpp"

#include <algorithm>

namespace eigensweep::training {

StepResult Stepper::step(const Batch& batch, double rate_factor, std::int64_t global_step) {
  const bool by_inputs = std::any_of(regularizers_.begin(), regularizers_.end(),
                                     [](const auto& regularizer) { return regularizer->reads_input_gradients(); });
  const Batch seen = adversary_.is_on() ? adversary_.join(batch, model_, global_step) : batch;
  models::Inputs inputs = by_inputs ? seen.inputs.unshared() : seen.inputs;
  if (by_inputs) inputs.x.requires_grad_(true);
  const models::Output output = model_.forward(inputs, models::Mode::train);
  const Tensor task_loss = task_.loss(output, seen);
  Tensor penalty;
  for (const auto& regularizer : regularizers_) {
    const Tensor value = regularizer->penalty({inputs, output, global_step});
    penalty = penalty.defined() ? penalty + value : value;
  }
  const Tensor weighted = task_weight_ == 1 ? task_loss : task_loss * task_weight_;
  const Tensor loss = penalty.defined() ? weighted + penalty : weighted;

  std::vector<Tensor> parameters;
  for (const models::NamedTensor& named : model_.parameters()) parameters.push_back(named.tensor);
  std::vector<Tensor> gradients = torch::autograd::grad({loss.sum()}, parameters);
  for (Tensor& gradient : gradients) gradient = gradient.contiguous();  // the fused kernels read memory linearly

  const torch::NoGradGuard no_grad;
  for (const auto& constraint : constraints_) constraint->after_gradients(model_, gradients);
  optimizer_.step(gradients, rate_factor);
  for (const auto& constraint : constraints_) constraint->after_step(model_);
  return {loss.detach(), task_loss.detach(), penalty.defined() ? penalty.detach() : torch::zeros_like(task_loss),
          task_.correct({output.logits.narrow(2, 0, batch.samples), {}, {}}, batch)};
}

}  // namespace eigensweep::training
