// SPDX-License-Identifier: MIT
#include "eigensweep/models/footprint.hpp"

namespace eigensweep::models {

std::int64_t activations_per_sample(Model& model, std::int64_t input_size, const torch::Device& device) {
  const torch::NoGradGuard no_gradients;
  const Tensor sample = torch::zeros({1, input_size}, torch::TensorOptions(device).dtype(torch::kFloat32));
  const Output probe = model.forward(Inputs::shared(sample, model.lanes()), Mode::evaluate);
  std::int64_t numbers = probe.logits.numel() + model.hidden_numbers();
  for (const Tensor& layer : probe.hidden) numbers += 2 * layer.numel();
  return numbers;
}

}  // namespace eigensweep::models
