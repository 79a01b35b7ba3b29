// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/product.hpp"

#include <catch2/catch.hpp>

using eigensweep::models::affine;
using eigensweep::models::product;
using torch::Tensor;

namespace {

double distance(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>() / b.abs().max().item<double>();
}

Tensor normal(const std::vector<std::int64_t>& shape) {
  return torch::randn(shape, torch::TensorOptions(torch::kFloat64));
}

// Lanes, rows, inner size, samples: below and above every threshold, samples on cache lines and off them.
const std::vector<std::array<std::int64_t, 4>> shapes{{1, 10, 30, 7},   {3, 10, 30, 7},   {1, 300, 40, 50},
                                                      {3, 300, 40, 64}, {2, 520, 33, 47}, {1, 520, 33, 48}};

}  // namespace

TEST_CASE("product and affine are the batched product, whatever way they take") {
  torch::manual_seed(1);
  for (const auto& [lanes, rows, inner, samples] : shapes) {
    const Tensor a = normal({lanes, rows, inner}), b = normal({lanes, inner, samples}), bias = normal({lanes, rows});
    CHECK(distance(product(a, b), torch::bmm(a, b)) < 1e-14);
    CHECK(distance(product(a, b.transpose(1, 2).contiguous().transpose(1, 2)), torch::bmm(a, b)) < 1e-14);
    CHECK(distance(affine(a, bias, b), torch::bmm(a, b) + bias.unsqueeze(-1)) < 1e-14);
    CHECK(distance(affine(a, {}, b), torch::bmm(a, b)) < 1e-14);
    const torch::NoGradGuard no_gradients;
    CHECK(distance(affine(a, {}, b), torch::bmm(a, b)) < 1e-14);
    Tensor sum;
    for (int times = 1; times <= 2; ++times) {
      add_product(sum, a, b);
      CHECK(distance(sum, times * torch::bmm(a, b)) < 1e-14);
    }
  }
}

TEST_CASE("affine's gradients, and their own gradients, are those of the plain expression") {
  torch::manual_seed(2);
  for (const auto& [lanes, rows, inner, samples] : shapes) {
    const std::vector<Tensor> leaves{normal({lanes, rows, inner}).requires_grad_(),
                                     normal({lanes, rows}).requires_grad_(),
                                     normal({lanes, inner, samples}).requires_grad_()};
    const auto gradients = [&](bool plain) {
      const Tensor z =
          plain ? torch::bmm(leaves[0], leaves[2]) + leaves[1].unsqueeze(-1) : affine(leaves[0], leaves[1], leaves[2]);
      std::vector<Tensor> first = torch::autograd::grad({z.tanh().square().sum()}, leaves, {}, true, true);
      const Tensor norm = first[0].square().sum() + first[1].square().sum() + first[2].square().sum();
      for (const Tensor& second : torch::autograd::grad({norm}, leaves)) first.push_back(second);
      return first;
    };
    const std::vector<Tensor> ours = gradients(false), plain = gradients(true);
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(distance(ours[i], plain[i]) < 1e-12);
  }
}

TEST_CASE("affine gives no gradient to what wants none") {
  const Tensor weight = normal({1, 300, 20}).requires_grad_();
  const Tensor bias = normal({1, 300});
  const Tensor h = normal({1, 20, 9});
  CHECK(torch::autograd::grad({affine(weight, bias, h).sum()}, {weight})[0].sizes() == weight.sizes());
  CHECK_FALSE(affine(weight.detach(), bias, h).requires_grad());
}
