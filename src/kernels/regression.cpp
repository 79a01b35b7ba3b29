// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/regression.hpp"

#include <fmt/format.h>

#include "eigensweep/core/error.hpp"

namespace eigensweep::kernels {
namespace {

constexpr double least_jitter = 1e-10, most_jitter = 1e-4;

void expect_finite(const Tensor& kernel) {
  if (!kernel.isfinite().all().item<bool>()) throw NumericalError("the kernel of the training samples is not finite");
}

}  // namespace

Fit fit_to_the_end(const Tensor& kernel, const Tensor& targets) {
  const torch::NoGradGuard no_gradients;
  expect_finite(kernel);
  const double mean = kernel.diagonal().mean().item<double>();
  const Tensor identity = torch::eye(kernel.size(0), kernel.options());
  for (double jitter = least_jitter; jitter < 2 * most_jitter; jitter *= 10) {
    const auto [factor, info] = torch::linalg_cholesky_ex(kernel + jitter * mean * identity);
    if (info.item<int>() == 0) return {torch::cholesky_solve(targets, factor), jitter};
  }
  throw NumericalError(
      fmt::format("the kernel of the {} training samples is not positive definite, even with {:g} of its mean "
                  "diagonal added to the diagonal",
                  kernel.size(0), most_jitter));
}

GradientFlow::GradientFlow(const Tensor& kernel, const Tensor& targets) {
  const torch::NoGradGuard no_gradients;
  expect_finite(kernel);
  const auto [values, vectors] = torch::linalg_eigh(kernel);
  values_ = values.clamp_min(0);  // below 0 by rounding only
  vectors_ = vectors;
  projected_ = vectors.t().matmul(targets);
}

Tensor GradientFlow::coefficients(double time) const {
  const torch::NoGradGuard no_gradients;
  const double rate = time / static_cast<double>(projected_.numel());
  // (1 - exp(-l rate)) / l, which is rate where l is 0.
  const Tensor factor = torch::where(values_ > 0, -torch::expm1(-values_ * rate) / values_, rate);
  return vectors_.matmul(factor.unsqueeze(1) * projected_);
}

double GradientFlow::loss(double time) const {
  const torch::NoGradGuard no_gradients;
  const double rate = time / static_cast<double>(projected_.numel());
  const Tensor left = (-values_ * rate).exp().unsqueeze(1) * projected_;
  return left.square().mean().item<double>();
}

}  // namespace eigensweep::kernels
