// SPDX-License-Identifier: MIT
#include "eigensweep/models/whitening.hpp"

#include <limits>

namespace eigensweep::models {
namespace {

constexpr double ridge = 1e-5;

}  // namespace

Tensor whitening_factor(const Tensor& moments, Tensor& failed) {
  const Tensor identity = torch::eye(moments.size(1), moments.options());
  // Rounding makes the two triangles differ in the last digit.
  const Tensor symmetric = (moments + moments.transpose(1, 2)) / 2 + ridge * identity;
  const auto [factor, info] = torch::linalg_cholesky_ex(symmetric);
  const Tensor lost = info.ne(0);
  // Activations that were already NaN are not this layer's failure.
  const Tensor singular = lost.logical_and(symmetric.isfinite().all(-1).all(-1));
  // In place, because recorded steps know the tensor by its memory.
  failed = failed.defined() ? failed.logical_or_(singular) : singular;
  return factor.masked_fill(lost.view({-1, 1, 1}), std::numeric_limits<double>::quiet_NaN());
}

// In float64: the moments of a narrow spectrum are so ill conditioned that float32 leaves three digits of the gradient.
Tensor whiten_batch(const Tensor& activations, About about, Tensor& failed) {
  const Tensor h = activations.to(torch::kFloat64);
  const Tensor centred = about == About::mean ? h - h.mean(2, /*keepdim=*/true) : h;
  const Tensor moments = torch::bmm(centred, centred.transpose(1, 2)) / static_cast<double>(h.size(2));
  return torch::linalg_solve_triangular(whitening_factor(moments, failed), h, /*upper=*/false)
      .to(activations.scalar_type());
}

Whitening::Whitening(std::int64_t lanes, std::int64_t width, About about, const torch::Device& device)
    : about_(about),
      factor_(torch::eye(width, torch::TensorOptions(device).dtype(torch::kFloat64)).repeat({lanes, 1, 1})),
      failed_(torch::zeros({lanes}, torch::TensorOptions(device).dtype(torch::kBool))) {}

Tensor Whitening::operator()(const Tensor& h, Mode mode) {
  if (bypass_) return h;
  if (mode == Mode::train) return whiten_batch(h, about_, failed_);
  return torch::linalg_solve_triangular(factor_, h.to(torch::kFloat64), /*upper=*/false).to(h.scalar_type());
}

void Whitening::refresh(Model& model, const Tensor& images, std::size_t layer) {
  const torch::NoGradGuard no_gradients;
  bypass_ = true;  // the layer then returns the activations before whitening
  const Tensor moments = hidden_covariances(model, images, {layer}, 0, about_).front();
  bypass_ = false;
  factor_.copy_(whitening_factor(moments, failed_));
}

std::string Whitening::trouble(std::int64_t lane) const {
  if (!failed_[lane].item<bool>()) return "";
  return "the second moments of the whitened layer are singular (Cholesky factorisation failed)";
}

}  // namespace eigensweep::models
