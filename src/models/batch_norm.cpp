// SPDX-License-Identifier: MIT
#include "eigensweep/models/batch_norm.hpp"

namespace eigensweep::models {
namespace {

// torch.nn.BatchNorm's defaults.
constexpr double momentum = 0.1;
constexpr double epsilon = 1e-5;

}  // namespace

BatchNorm::BatchNorm(std::int64_t lanes, std::int64_t units, const torch::Device& device) {
  const auto kind = torch::TensorOptions(torch::kFloat32).device(device);
  weight_ = torch::ones({lanes, units}, kind).requires_grad_(true);
  bias_ = torch::zeros({lanes, units}, kind).requires_grad_(true);
  running_mean_ = torch::zeros({lanes, units}, kind);
  running_var_ = torch::ones({lanes, units}, kind);
}

Tensor BatchNorm::apply(const Tensor& flat, Mode mode) const {
  return torch::batch_norm(flat, weight_.view({-1}), bias_.view({-1}), running_mean_.view({-1}),
                           running_var_.view({-1}), mode == Mode::train, momentum, epsilon, /*cudnn_enabled=*/false);
}

Tensor BatchNorm::features(const Tensor& h, Mode mode) const {
  // Every unit of every lane is a channel of a single sample of length B, so the kernel reduces along memory.
  return apply(h.reshape({1, -1, h.size(2)}), mode).view_as(h);
}

Tensor BatchNorm::channels(const Tensor& h, Mode mode) const { return apply(h, mode); }

void BatchNorm::add_to(const std::string& name, std::vector<NamedTensor>& parameters,
                       std::vector<NamedTensor>& buffers) const {
  parameters.push_back({name + ".weight", weight_});
  parameters.push_back({name + ".bias", bias_});
  buffers.push_back({name + ".running_mean", running_mean_});
  buffers.push_back({name + ".running_var", running_var_});
}

}  // namespace eigensweep::models
