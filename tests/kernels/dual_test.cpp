// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/dual.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numbers>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/activation.hpp"

using namespace eigensweep;
using kernels::Dual;
using torch::Tensor;

namespace {

Tensor numbers(const std::vector<double>& values) { return torch::tensor(values, torch::kFloat64); }

struct Gaussian {
  double c, q1, q2;
};

/// Both expectations by the trapezoid rule in two dimensions, from the nonlinearity itself.
std::pair<double, double> integrated(const std::string& activation, const Gaussian& g) {
  const double step = 0.02;
  const Tensor z = torch::arange(-10.0, 10.0 + step / 2, step, torch::kFloat64);
  const Tensor weights = (-z.square() / 2).exp() * (step / std::sqrt(2 * M_PI));
  const double rho = g.c / std::sqrt(g.q1 * g.q2);
  const Tensor u = (std::sqrt(g.q1) * z).unsqueeze(1).expand({-1, z.size(0)});
  const Tensor v = std::sqrt(g.q2) * (rho * z.unsqueeze(1) + std::sqrt(1 - rho * rho) * z.unsqueeze(0));
  const auto slope = [&](const Tensor& x) {
    const Tensor leaf = x.clone().requires_grad_(true);
    return torch::autograd::grad({models::activate(activation, leaf).sum()}, {leaf})[0];
  };
  const auto mean = [&](const Tensor& f) { return weights.dot(f.matmul(weights)).item<double>(); };
  return {mean(models::activate(activation, u) * models::activate(activation, v)), mean(slope(u) * slope(v))};
}

/// Both results of a dual as one number, to take its gradient.
Tensor probe(const Dual& dual) {
  const Tensor weights = torch::linspace(0.3, 1.7, dual.value.numel(), torch::kFloat64).view(dual.value.sizes());
  return (dual.value * weights).sum() + (dual.slope * weights.flip(0)).sum();
}

}  // namespace

TEST_CASE("duals equal their integrals") {
  // relu has a kink and its slope a jump, so its integrals are less accurate.
  const std::map<std::string, double> tolerances{{"relu", 2e-4}, {"erf", 1e-10}, {"gelu", 1e-10}, {"tanh", 1e-8}};
  for (const auto& [activation, tolerance] : tolerances) {
    for (const Gaussian g :
         {Gaussian{0.3, 1.0, 0.8}, Gaussian{-0.5, 0.7, 1.3}, Gaussian{0.9, 1.0, 1.0}, Gaussian{0, 0.4, 2.5}}) {
      const Dual dual = kernels::dual(activation, numbers({g.c}).view({1, 1}), numbers({g.q1}), numbers({g.q2}));
      const auto [value, slope] = integrated(activation, g);
      INFO(activation << " c " << g.c << " q " << g.q1 << ", " << g.q2);
      CHECK(dual.value.item<double>() == Approx(value).margin(tolerance));
      CHECK(dual.slope.item<double>() == Approx(slope).margin(activation == "relu" ? 5e-3 : 20 * tolerance));
    }
  }
}

TEST_CASE("a dual's diagonal is the dual of equals") {
  const Tensor q = numbers({0.2, 1.0, 4.0});
  for (const char* activation : {"relu", "erf", "gelu"}) {
    const Dual pairs = kernels::dual(activation, q.unsqueeze(1).expand({3, 3}).contiguous(), q, q);
    const Dual diagonal = kernels::dual_diagonal(activation, q);
    CHECK((pairs.value.diagonal() - diagonal.value).abs().max().item<double>() < 1e-14);
    CHECK((pairs.slope.diagonal() - diagonal.slope).abs().max().item<double>() < 1e-14);
  }
  for (const double variance : {0.2, 1.0, 4.0}) {
    const auto [value, slope] = integrated("tanh", {variance, variance, variance});
    const Dual diagonal = kernels::dual_diagonal("tanh", numbers({variance}));
    CHECK(diagonal.value.item<double>() == Approx(value).epsilon(1e-12));
    CHECK(diagonal.slope.item<double>() == Approx(slope).epsilon(1e-12));
  }
}

TEST_CASE("the series of tanh is as exact as promised") {
  for (const auto& [g, tolerance] : std::vector<std::pair<Gaussian, double>>{
           {{0.9, 1, 1}, 1e-11}, {{-0.99, 1, 1}, 1e-8}, {{6.3, 7, 7}, 1e-10}, {{27, 30, 30}, 1e-8}}) {
    const Dual dual = kernels::dual("tanh", numbers({g.c}).view({1, 1}), numbers({g.q1}), numbers({g.q2}));
    const auto [value, slope] = integrated("tanh", g);
    INFO("q " << g.q1 << " c " << g.c);
    CHECK(dual.value.item<double>() == Approx(value).margin(tolerance));
    CHECK(dual.slope.item<double>() == Approx(slope).margin(100 * tolerance));
  }
}

TEST_CASE("a dual's derivatives equal finite differences") {
  const std::vector<Tensor> at{numbers({0.3, -0.2, 0.5, 0.1, 0.6, -0.4}).view({2, 3}), numbers({0.9, 1.4}),
                               numbers({0.8, 1.1, 0.7})};
  for (const std::string activation : {"relu", "erf", "gelu", "tanh"}) {
    std::vector<Tensor> leaves;
    for (const Tensor& tensor : at) leaves.push_back(tensor.clone().requires_grad_(true));
    const auto gradients =
        torch::autograd::grad({probe(kernels::dual(activation, leaves[0], leaves[1], leaves[2]))}, leaves);
    for (std::size_t i = 0; i < at.size(); ++i) {
      for (std::int64_t j = 0; j < at[i].numel(); ++j) {
        const double h = 1e-5;
        const auto moved = [&](double by) {
          std::vector<Tensor> copy;
          for (const Tensor& tensor : at) copy.push_back(tensor.clone());
          copy[i].view(-1)[j] += by;
          return probe(kernels::dual(activation, copy[0], copy[1], copy[2])).item<double>();
        };
        INFO(activation << " argument " << i << " element " << j);
        CHECK(gradients[i].reshape(-1)[j].item<double>() ==
              Approx((moved(h) - moved(-h)) / (2 * h)).epsilon(1e-6).margin(1e-8));
      }
    }
  }
}

TEST_CASE("a dual's derivatives are numbers where both arguments are the same") {
  for (const std::string activation : {"relu", "erf", "gelu", "tanh"}) {
    const Tensor c = numbers({0.7}).view({1, 1}).requires_grad_(true);
    const Tensor q1 = numbers({0.7}).requires_grad_(true), q2 = numbers({0.7}).requires_grad_(true);
    for (const Tensor& gradient : torch::autograd::grad({probe(kernels::dual(activation, c, q1, q2))}, {c, q1, q2})) {
      INFO(activation);
      CHECK(gradient.isfinite().all().item<bool>());
    }
  }
  CHECK_THROWS_AS(kernels::dual_diagonal("swish", numbers({1.0})), ContractViolation);
}

TEST_CASE("a variance of 0 is a number, and so are its derivatives") {
  for (const std::string activation : {"relu", "erf", "gelu", "tanh"}) {
    const Tensor c = torch::zeros({2, 1}, torch::kFloat64).requires_grad_(true);
    const Tensor q1 = numbers({0, 1}).requires_grad_(true), q2 = numbers({0}).requires_grad_(true);
    const Dual none = kernels::dual(activation, c, q1, q2);
    INFO(activation);
    CHECK(none.value.abs().max().item<double>() < 1e-12);
    // phi'(0) times the mean of phi'(v); relu's slope at 0 is 0.
    const double at_zero = activation == "relu"   ? 0
                           : activation == "gelu" ? 0.5
                           : activation == "erf"  ? 2 / std::sqrt(std::numbers::pi)
                                                  : 1;
    CHECK(none.slope[0][0].item<double>() == Approx(at_zero * at_zero).margin(1e-12));
    for (const Tensor& gradient : torch::autograd::grad({probe(none)}, {c, q1, q2})) {
      CHECK(gradient.isfinite().all().item<bool>());
    }
    CHECK(kernels::dual_diagonal(activation, q2).value.item<double>() == Approx(0).margin(1e-12));
  }
}

TEST_CASE("duals of many sets at once are those of each") {
  torch::manual_seed(9);
  const Tensor q1 = torch::rand({3, 4}, torch::kFloat64) + 0.5, q2 = torch::rand({3, 5}, torch::kFloat64) + 0.5;
  const Tensor c = (torch::rand({3, 4, 5}, torch::kFloat64) - 0.5) * (q1.unsqueeze(2) * q2.unsqueeze(1)).sqrt();
  for (const std::string activation : {"relu", "erf", "gelu", "tanh"}) {
    const Dual all = kernels::dual(activation, c, q1, q2);
    for (std::int64_t i = 0; i < 3; ++i) {
      const Dual one = kernels::dual(activation, c[i], q1[i], q2[i]);
      CHECK((all.value[i] - one.value).abs().max().item<double>() < 1e-15);
      CHECK((all.slope[i] - one.slope).abs().max().item<double>() < 1e-15);
    }
  }
}
