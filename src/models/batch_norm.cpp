// SPDX-License-Identifier: MIT
#include "eigensweep/models/batch_norm.hpp"

#include <tuple>

namespace eigensweep::models {
namespace {

// torch.nn.BatchNorm's defaults.
constexpr double momentum = 0.1;
constexpr double epsilon = 1e-5;

/// Every unit of every lane of [E, N, B] as a channel of a single sample of length B: kernels reduce along memory. They
/// are fast where it has no gaps.
Tensor by_channels(const Tensor& h) { return h.contiguous().view({1, -1, h.size(2)}); }

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

Tensor BatchNorm::features(const Tensor& h, Mode mode) const { return apply(by_channels(h), mode).view_as(h); }

Tensor BatchNorm::features(const Tensor& h, Mode mode, NormPass& pass) const {
  const torch::NoGradGuard no_gradients;
  pass.input = h.contiguous();
  Tensor normalised;
  std::tie(normalised, pass.mean, pass.inverse_deviation) =
      at::native_batch_norm(by_channels(pass.input), weight_.view({-1}), bias_.view({-1}), running_mean_.view({-1}),
                            running_var_.view({-1}), mode == Mode::train, momentum, epsilon);
  return normalised.view_as(h);
}

BatchNorm::Gradients BatchNorm::backward(const NormPass& pass, const Tensor& gradient, Mode mode,
                                         bool of_parameters) const {
  const torch::NoGradGuard no_gradients;
  const auto [input, weight, bias] = at::native_batch_norm_backward(
      by_channels(gradient), by_channels(pass.input), weight_.view({-1}), running_mean_.view({-1}),
      running_var_.view({-1}), pass.mean, pass.inverse_deviation, mode == Mode::train, epsilon,
      {true, of_parameters, of_parameters});
  if (!of_parameters) return {input.view_as(gradient), {}, {}};
  return {input.view_as(gradient), weight.view_as(weight_), bias.view_as(bias_)};
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
