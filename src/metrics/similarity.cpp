// SPDX-License-Identifier: MIT
#include "similarity.hpp"

#include "eigensweep/core/error.hpp"

namespace eigensweep::metrics {
namespace {

using torch::Tensor;

Tensor hollow_gram(const Tensor& features) {  // [E, N, n] -> [E, n, n], diagonal 0
  const Tensor exact = features.to(torch::kFloat64);
  Tensor gram = torch::bmm(exact.transpose(1, 2), exact);
  gram.diagonal(0, 1, 2).zero_();
  return gram;
}

Tensor unbiased_hsic(const Tensor& k, const Tensor& l) {
  const auto n = static_cast<double>(k.size(1));
  const Tensor rows_k = k.sum(2), rows_l = l.sum(2);  // [E, n]
  return ((k * l).sum({1, 2}) + rows_k.sum(1) * rows_l.sum(1) / ((n - 1) * (n - 2)) -
          2 / (n - 2) * (rows_k * rows_l).sum(1)) /
         (n * (n - 3));
}

Tensor centred(const Tensor& kernels) {
  return kernels - kernels.mean(1, true) - kernels.mean(2, true) + kernels.mean({1, 2}, true);
}

}  // namespace

Tensor debiased_cka(const Tensor& a, const Tensor& b) {
  EIGENSWEEP_EXPECT(a.size(2) == b.size(2) && a.size(2) > 3);
  const Tensor k = hollow_gram(a), l = hollow_gram(b);
  return unbiased_hsic(k, l) / (unbiased_hsic(k, k) * unbiased_hsic(l, l)).sqrt();
}

Tensor label_alignment(const Tensor& kernels, const Tensor& labels) {
  const Tensor same = labels.unsqueeze(0).eq(labels.unsqueeze(1)).to(torch::kFloat64).unsqueeze(0);
  const Tensor k = centred(kernels.to(torch::kFloat64)), y = centred(same);
  return (k * y).sum({1, 2}) / (k.square().sum({1, 2}) * y.square().sum({1, 2})).sqrt();
}

}  // namespace eigensweep::metrics
