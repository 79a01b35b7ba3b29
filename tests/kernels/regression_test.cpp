// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/regression.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/core/error.hpp"

using namespace eigensweep;
using kernels::Fit;
using torch::Tensor;

namespace {

Tensor positive_definite(std::int64_t n) {
  torch::manual_seed(4);
  const Tensor x = torch::randn({n, 2 * n}, torch::kFloat64);
  return x.matmul(x.t()) / static_cast<double>(2 * n);
}

double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace

TEST_CASE("the state of gradient flow at a time equals many small steps") {
  const Tensor kernel = positive_definite(6), targets = torch::randn({6, 3}, torch::kFloat64);
  const double time = 30;
  // f' = -K (f - y) / (n C), by the classical Runge-Kutta scheme.
  Tensor f = torch::zeros_like(targets);
  const auto slope = [&](const Tensor& at) { return Tensor(-kernel.matmul(at - targets) / 18.0); };
  const int steps = 2000;
  const double h = time / steps;
  for (int i = 0; i < steps; ++i) {
    const Tensor a = slope(f), b = slope(f + h / 2 * a), c = slope(f + h / 2 * b), d = slope(f + h * c);
    f = f + h / 6 * (a + 2 * b + 2 * c + d);
  }
  const kernels::GradientFlow flow(kernel, targets);
  CHECK(apart(kernel.matmul(flow.coefficients(time)), f) < 1e-10);
  CHECK(flow.loss(time) == Approx((f - targets).square().mean().item<double>()).epsilon(1e-9));
  CHECK(apart(flow.coefficients(0), torch::zeros_like(targets)) == 0);
  CHECK(flow.loss(0) == Approx(targets.square().mean().item<double>()));
}

TEST_CASE("after a long time gradient flow is kernel regression") {
  const Tensor kernel = positive_definite(8), targets = torch::randn({8, 2}, torch::kFloat64);
  const Fit end = kernels::fit_to_the_end(kernel, targets);
  CHECK(end.jitter == 1e-10);
  CHECK(apart(kernel.matmul(end.coefficients), targets) < 1e-7);
  CHECK(apart(kernels::GradientFlow(kernel, targets).coefficients(1e7), end.coefficients) < 1e-5);
}

TEST_CASE("a kernel that is not positive definite gets more jitter, or is refused") {
  Tensor kernel = positive_definite(5);
  const auto [values, vectors] = torch::linalg_eigh(kernel);
  Tensor spectrum = values.clone();
  spectrum[0] = -3e-8 * kernel.diagonal().mean();
  kernel = vectors.matmul(torch::diag(spectrum)).matmul(vectors.t());
  const Tensor targets = torch::ones({5, 1}, torch::kFloat64);
  CHECK(kernels::fit_to_the_end(kernel, targets).jitter == Approx(1e-7));
  CHECK(kernels::GradientFlow(kernel, targets).coefficients(10).isfinite().all().item<bool>());
  CHECK_THROWS_WITH(
      kernels::fit_to_the_end(-kernel, targets),
      "the kernel of the 5 training samples is not positive definite, even with 0.0001 of its mean diagonal "
      "added to the diagonal");
  kernel[2][2] = NAN;
  CHECK_THROWS_WITH(kernels::fit_to_the_end(kernel, targets), "the kernel of the training samples is not finite");
  CHECK_THROWS_AS(kernels::GradientFlow(kernel, targets), NumericalError);
}
