// SPDX-License-Identifier: MIT
#include "hermite.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace eigensweep::kernels {
namespace {

// The trapezoid rule is spectrally accurate for what decays like a Gaussian; it beats Gauss-Hermite here. All
// integrands are even, so half the line is enough.
constexpr double end = 12.0, step = 0.05;
constexpr std::int64_t few_terms = 64, many_terms = 128;  // even ones are zero: tanh is odd
constexpr double large_variance = 3.0;

constexpr double least_variance = 1e-24;  // keeps quotients defined where the variance vanishes

Tensor nodes() { return torch::arange(0, end + step / 2, step, torch::kFloat64); }

Tensor gaussian_weights(const Tensor& z) {
  Tensor weights = (-z.square() / 2).exp() * (2 * step / std::sqrt(2 * std::numbers::pi));
  weights[0] /= 2;
  return weights;
}

/// Hermite polynomials of norm 1 times the weights, k = 1, 3, ..., [nodes, terms / 2].
Tensor odd_hermite(const Tensor& z, std::int64_t terms) {
  std::vector<Tensor> odd;
  Tensor before = torch::ones_like(z), now = z;
  for (std::int64_t k = 1; k < terms; ++k) {
    if (k % 2 == 1) odd.push_back(now);
    const auto n = static_cast<double>(k);
    Tensor next = (z * now - std::sqrt(n) * before) / std::sqrt(n + 1);
    before = now;
    now = std::move(next);
  }
  return torch::stack(odd, 1) * gaussian_weights(z).unsqueeze(1);
}

Tensor deviation(const Tensor& q) { return q.clamp_min(least_variance).sqrt(); }

}  // namespace

Tensor tanh_coefficients(const Tensor& q) {
  const double largest = q.max().item<double>();
  const Tensor z = nodes().to(q.device());
  const Tensor hermite = odd_hermite(z, largest > large_variance ? many_terms : few_terms);
  return (deviation(q).unsqueeze(-1) * z).tanh().matmul(hermite);
}

Dual hermite_tanh(const Tensor& c, const Marginal& u, const Marginal& v) {
  const Tensor &a1 = u.coefficients, &a2 = v.coefficients;
  const Tensor scale = deviation(u.variance).unsqueeze(-1) * deviation(v.variance).unsqueeze(-2);
  const Tensor rho = (c / scale).clamp(-1, 1);
  const Tensor square = rho.square();
  // Horner's scheme in rho^2, from the last term; value = rho * sum, slope = d value / d rho / scale.
  Tensor sum, slope;
  for (std::int64_t i = std::min(a1.size(-1), a2.size(-1)) - 1; i >= 0; --i) {
    const Tensor term = a1.select(-1, i).unsqueeze(-1) * a2.select(-1, i).unsqueeze(-2);
    const auto k = static_cast<double>(2 * i + 1);
    sum = sum.defined() ? sum * square + term : term;
    slope = slope.defined() ? slope * square + k * term : k * term;
  }
  return {rho * sum, slope / scale};
}

Dual integrated_tanh(const Tensor& q) {
  const Tensor z = nodes().to(q.device());
  const Tensor weights = gaussian_weights(z);
  const Tensor square = (deviation(q).unsqueeze(-1) * z).tanh().square();
  return {square.matmul(weights), (1 - square).square().matmul(weights)};
}

}  // namespace eigensweep::kernels
