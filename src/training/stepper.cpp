// SPDX-License-Identifier: MIT
#include "eigensweep/training/stepper.hpp"

#include <algorithm>

namespace eigensweep::training {

bool Stepper::repeats() const {
  const auto repeat = [](const auto& part) { return part->repeats(); };
  return adversary_.repeats() && std::all_of(regularizers_.begin(), regularizers_.end(), repeat) &&
         std::all_of(constraints_.begin(), constraints_.end(), repeat);
}

StepResult Stepper::step(const Batch& batch, double rate_factor, std::int64_t global_step) {
  const models::ComputeScope compute(compute_);
  const bool by_inputs = std::any_of(regularizers_.begin(), regularizers_.end(),
                                     [](const auto& regularizer) { return regularizer->reads_input_gradients(); });
  const bool by_hand = std::all_of(regularizers_.begin(), regularizers_.end(),
                                   [](const auto& regularizer) { return regularizer->has_derivatives(); });
  const Batch seen = adversary_.is_on() ? adversary_.join(batch, model_, global_step) : batch;
  Losses found;
  std::vector<Tensor> gradients;
  if (by_hand && model_.has_backward()) {
    const auto pass = model_.pass(seen.inputs, models::Mode::train);
    found = losses(seen.inputs, pass->output, seen, global_step);
    gradients = model_.backward(*pass, std::move(found.output));
  } else {
    models::Inputs inputs = by_inputs ? seen.inputs.unshared() : seen.inputs;
    if (by_inputs) {
      // In the network's precision, or its derivatives by the inputs would be rounded to float32.
      inputs.x = inputs.x.to(model_.parameters().front().tensor.scalar_type()).requires_grad_(true);
    }
    const models::Output output = model_.forward(inputs, models::Mode::train);
    found = losses(inputs, output, seen, global_step);
    gradients = autograd_of(output, found);
  }

  const torch::NoGradGuard no_grad;
  for (const auto& constraint : constraints_) constraint->after_gradients(model_, gradients);
  optimizer_.step(gradients, rate_factor);
  for (const auto& constraint : constraints_) constraint->after_step(model_);
  return {found.task.loss, found.penalty.defined() ? found.penalty.detach() : Tensor(), found.task.rank, task_weight_};
}

Stepper::Losses Stepper::losses(const models::Inputs& inputs, const models::Output& output, const Batch& seen,
                                std::int64_t step) {
  Losses found;
  found.task = task_.evaluate(output.logits.detach(), seen);
  found.output.logits = task_weight_ == 1 ? found.task.gradient : found.task.gradient.mul_(task_weight_);
  for (const auto& regularizer : regularizers_) {
    regularizers::Penalty penalty = regularizer->penalty({inputs, output, step});
    found.penalty = found.penalty.defined() ? found.penalty + penalty.value : penalty.value;
    std::vector<Tensor>& sum = found.output.hidden;
    if (sum.empty()) {
      sum = std::move(penalty.hidden);
      continue;
    }
    for (std::size_t layer = 0; layer < penalty.hidden.size(); ++layer) {
      if (!penalty.hidden[layer].defined()) continue;
      sum[layer] = sum[layer].defined() ? sum[layer].add_(penalty.hidden[layer]) : penalty.hidden[layer];
    }
  }
  return found;
}

// Derivatives in closed form enter where autograd's graph meets the tensors they belong to.
std::vector<Tensor> Stepper::autograd_of(const models::Output& output, const Losses& losses) {
  std::vector<Tensor> ends{output.logits}, derivatives{losses.output.logits};
  for (std::size_t layer = 0; layer < losses.output.hidden.size(); ++layer) {
    if (!losses.output.hidden[layer].defined()) continue;
    ends.push_back(output.hidden[layer]);
    derivatives.push_back(losses.output.hidden[layer]);
  }
  if (losses.penalty.defined() && losses.penalty.requires_grad()) {
    ends.push_back(losses.penalty);
    derivatives.push_back(torch::ones_like(losses.penalty));
  }
  std::vector<Tensor> parameters;
  for (const models::NamedTensor& named : model_.parameters()) parameters.push_back(named.tensor);
  std::vector<Tensor> gradients = torch::autograd::grad(ends, parameters, derivatives);
  for (Tensor& gradient : gradients) gradient = gradient.contiguous();  // the fused kernels read memory linearly
  return gradients;
}

}  // namespace eigensweep::training
