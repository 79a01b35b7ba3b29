// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/limit.hpp"

#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/dual.hpp"

namespace eigensweep::kernels {

std::vector<AffineLaw> ntk_laws(std::int64_t depth, double weight, double bias) {
  return std::vector<AffineLaw>(static_cast<std::size_t>(depth) + 1, {weight, bias, weight, bias});
}

Limit dense_limit(const std::vector<AffineLaw>& laws, const std::string& activation, const Tensor& x1,
                  const Tensor& x2) {
  EIGENSWEEP_EXPECT(laws.size() >= 2 && x1.dim() == 2 && x2.dim() == 2 && x1.size(1) == x2.size(1));
  const Tensor a = x1.to(torch::kFloat64), b = x2.to(torch::kFloat64);
  const auto inputs = static_cast<double>(a.size(1));
  Tensor gram = a.matmul(b.t()) / inputs;
  Tensor q1 = a.square().sum(1) / inputs, q2 = b.square().sum(1) / inputs;
  Limit limit;
  limit.ntk = torch::zeros_like(gram);
  for (std::size_t layer = 0; layer < laws.size(); ++layer) {
    const AffineLaw& law = laws[layer];
    limit.ntk = law.trained_weight * gram + law.trained_bias + law.weight * limit.ntk;
    gram = law.weight * gram + law.bias;
    if (layer + 1 == laws.size()) break;
    q1 = law.weight * q1 + law.bias;
    q2 = law.weight * q2 + law.bias;
    const Dual pairs = dual(activation, gram, q1, q2);
    limit.ntk = limit.ntk * pairs.slope;
    gram = pairs.value;
    q1 = dual_diagonal(activation, q1).value;
    q2 = dual_diagonal(activation, q2).value;
    limit.hidden.push_back(gram);
  }
  limit.nngp = gram;
  return limit;
}

}  // namespace eigensweep::kernels
