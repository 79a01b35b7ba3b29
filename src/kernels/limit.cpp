// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/limit.hpp"

#include <algorithm>

#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/dual.hpp"
#include "threads.hpp"

namespace eigensweep::kernels {

std::vector<AffineLaw> ntk_laws(std::int64_t depth, double weight, double bias) {
  return std::vector<AffineLaw>(static_cast<std::size_t>(depth) + 1, {weight, bias, weight, bias});
}

namespace {

constexpr std::int64_t block_numbers = 1 << 17;  // a block's matrices stay in a core's cache

/// The part of the recursion that depends on each sample alone, per hidden layer.
std::vector<Marginal> marginals_of(const std::vector<AffineLaw>& laws, const std::string& activation, const Tensor& x) {
  Tensor q = x.square().sum(1) / static_cast<double>(x.size(1));
  std::vector<Marginal> layers;
  for (std::size_t layer = 0; layer + 1 < laws.size(); ++layer) {
    q = laws[layer].weight * q + laws[layer].bias;
    layers.push_back(marginal(activation, q));
    q = dual_diagonal(activation, q).value;
  }
  return layers;
}

std::vector<Marginal> rows_of(std::vector<Marginal> layers, std::int64_t start, std::int64_t stop) {
  for (Marginal& layer : layers) {
    layer.variance = layer.variance.slice(0, start, stop);
    if (layer.coefficients.defined()) layer.coefficients = layer.coefficients.slice(0, start, stop);
  }
  return layers;
}

Limit recursion(const std::vector<AffineLaw>& laws, const std::string& activation, const Tensor& a, const Tensor& b,
                const std::vector<Marginal>& of_a, const std::vector<Marginal>& of_b, bool with_hidden) {
  Tensor gram = a.matmul(b.t()) / static_cast<double>(a.size(1));
  Limit limit;
  for (std::size_t layer = 0; layer < laws.size(); ++layer) {
    const AffineLaw& law = laws[layer];
    const Tensor above = law.weight * gram + law.bias;
    const bool is_ntk = law.trained_weight == law.weight && law.trained_bias == law.bias;
    const Tensor part = is_ntk ? above : law.trained_weight * gram + law.trained_bias;
    limit.ntk = layer == 0 ? part : torch::add(part, limit.ntk, law.weight);
    gram = above;
    if (layer + 1 == laws.size()) break;
    const Dual pairs = dual(activation, gram, of_a[layer], of_b[layer]);
    limit.ntk = limit.ntk * pairs.slope;
    gram = pairs.value;
    if (with_hidden) limit.hidden.push_back(gram);
  }
  limit.nngp = gram;
  return limit;
}

/// Computes blocks of rows, each on one thread, so that the core limits every operation and not the memory.
Limit by_blocks(const std::vector<AffineLaw>& laws, const std::string& activation, const Tensor& a, const Tensor& b,
                const std::vector<Marginal>& of_a, const std::vector<Marginal>& of_b, bool with_hidden) {
  const std::int64_t rows = a.size(0);
  Limit limit;
  limit.nngp = torch::empty({rows, b.size(0)}, a.options());
  limit.ntk = torch::empty_like(limit.nngp);
  for (std::size_t layer = 0; with_hidden && layer + 1 < laws.size(); ++layer)
    limit.hidden.push_back(torch::empty_like(limit.nngp));
  const std::int64_t block = std::max<std::int64_t>(block_numbers / std::max<std::int64_t>(b.size(0), 1), 1);
  on_threads((rows + block - 1) / block, [&](std::int64_t i) {
    const std::int64_t start = i * block, stop = std::min(start + block, rows);
    const Limit part =
        recursion(laws, activation, a.slice(0, start, stop), b, rows_of(of_a, start, stop), of_b, with_hidden);
    limit.nngp.slice(0, start, stop).copy_(part.nngp);
    limit.ntk.slice(0, start, stop).copy_(part.ntk);
    for (std::size_t layer = 0; layer < part.hidden.size(); ++layer) {
      limit.hidden[layer].slice(0, start, stop).copy_(part.hidden[layer]);
    }
  });
  return limit;
}

}  // namespace

Limit dense_limit(const std::vector<AffineLaw>& laws, const std::string& activation, const Tensor& x1, const Tensor& x2,
                  bool with_hidden) {
  EIGENSWEEP_EXPECT(laws.size() >= 2 && x1.dim() == 2 && x2.dim() == 2 && x1.size(1) == x2.size(1));
  const Tensor a = x1.to(torch::kFloat64), b = x2.to(torch::kFloat64);
  const bool wants_gradients = torch::GradMode::is_enabled() && (a.requires_grad() || b.requires_grad());
  const std::vector<Marginal> of_a = marginals_of(laws, activation, a), of_b = marginals_of(laws, activation, b);
  return wants_gradients || !a.is_cpu() ? recursion(laws, activation, a, b, of_a, of_b, with_hidden)
                                        : by_blocks(laws, activation, a, b, of_a, of_b, with_hidden);
}

}  // namespace eigensweep::kernels
