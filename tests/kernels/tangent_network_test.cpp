// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/tangent_network.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/kernels/empirical.hpp"
#include "networks.hpp"

using namespace eigensweep;
using namespace eigensweep::test;

namespace {

Tensor predictions(models::Model& model, const Tensor& x) {  // [E, C, n]
  const torch::NoGradGuard no_gradients;
  return model.forward(models::Inputs::shared(x, model.lanes()), models::Mode::evaluate).logits;
}

}  // namespace

TEST_CASE("the tangent network predicts what kernel regression with its full kernel does") {
  torch::manual_seed(9);
  const Tensor all = torch::rand({9, 7}, torch::kFloat64), y = torch::randn({6, 3}, torch::kFloat64);
  const auto model = network(options(20, 2, "tanh", "ntk"), {1, 1, 7}, 3, {1, 2}, torch::kFloat64);
  const Tensor kernel = kernels::empirical_ntk(*model, all, true).full;  // [2, 27, 27]
  kernels::TangentNetwork regression(*model, all.slice(0, 0, 6), y);
  const Tensor trained = kernel.slice(1, 0, 18).slice(2, 0, 18), across = kernel.slice(1, 18, 27).slice(2, 0, 18);
  const Tensor wanted = across.matmul(torch::linalg_solve(trained, y.reshape({18, 1}).expand({2, 18, 1})));
  const Tensor found = predictions(regression, all.slice(0, 6, 9)).transpose(1, 2).reshape({2, 9, 1});
  CHECK(largest(found, wanted) < 1e-6);
  CHECK(largest(predictions(regression, all.slice(0, 0, 6)).transpose(1, 2), y.expand({2, 6, 3})) < 1e-6);
}

TEST_CASE("the tangent network's gradient by its inputs is that of finite differences") {
  torch::manual_seed(10);
  for (const char* kind : {"mlp", "cnn"}) {
    Json asked = options(8, 1, "tanh", "ntk");
    asked["kind"] = kind;
    asked["channels"] = 2;
    asked["kernel_size"] = 2;
    const Tensor x = torch::rand({4, 16}, torch::kFloat64), y = torch::randn({4, 3}, torch::kFloat64);
    const auto model = network(asked, {1, 4, 4}, 3, {5}, torch::kFloat64);
    kernels::TangentNetwork regression(*model, x, y);
    const Tensor weights = torch::randn({1, 3, 2}, torch::kFloat64);
    const auto value = [&](const Tensor& at) {
      return (regression.forward(models::Inputs::per_lane(at.unsqueeze(0)), models::Mode::evaluate).logits * weights)
          .sum();
    };
    Tensor at = torch::rand({2, 16}, torch::kFloat64).requires_grad_(true);
    const Tensor gradient = torch::autograd::grad({value(at)}, {at})[0];
    at = at.detach();
    constexpr double step = 1e-5;
    for (std::int64_t i = 0; i < 16; ++i) {
      Tensor there = at.clone(), back = at.clone();
      there[1][i] += step;
      back[1][i] -= step;
      const double wanted = ((value(there) - value(back)) / (2 * step)).item<double>();
      CHECK(gradient[1][i].item<double>() == Approx(wanted).epsilon(1e-6).margin(1e-7));
    }
  }
}
