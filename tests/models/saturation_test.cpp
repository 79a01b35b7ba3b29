// SPDX-License-Identifier: MIT
// Derivatives in saturated units, against the same in float64, where nothing saturates.
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/activation.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

Tensor slope(const std::string& name, const Tensor& x) {
  const Tensor wide = x.to(torch::kFloat64);
  if (name == "tanh") return wide.cosh().square().reciprocal();
  return (-wide.square()).exp() * (2 / std::sqrt(M_PI));
}

/// The derivative of f by x [..] where the one by f(x) is `above`.
Tensor derivative(const std::string& name, const Tensor& x, const Tensor& above) {
  const Tensor input = x.clone().requires_grad_();
  return torch::autograd::grad({models::activate(name, input)}, {input}, {above})[0].to(torch::kFloat64);
}

/// [2 lanes, 7 units, 5 samples], of which the last sample has units up to `most` and no other is below half of that.
Tensor saturated(double most) {
  torch::manual_seed(6);
  const Tensor size = most * (0.5 + 0.5 * torch::rand({2, 7, 5}));
  return size * (torch::rand({2, 7, 5}) - 0.5).sign();
}

double largest_error(const Tensor& found, const Tensor& wanted) {
  return ((found - wanted).abs() / wanted.abs()).max().item<double>();
}

}  // namespace

TEST_CASE("derivatives in saturated units keep their direction, and the largest of each sample and lane is 1") {
  for (const auto& [name, most] : std::vector<std::pair<std::string, double>>{{"tanh", 8}, {"tanh", 60}, {"erf", 12}}) {
    INFO(name << " up to " << most);
    const Tensor x = saturated(most), above = torch::randn({2, 7, 5});
    const Tensor exact = slope(name, x) * above;
    const Tensor wanted = exact / exact.abs().amax(1, true);
    if (most > 9) CHECK(largest_error(derivative(name, x, above), exact) > 0.5);  // float32 alone loses them
    const models::SaturationScope scope(2, /*keeps_scale=*/false);
    const Tensor found = derivative(name, x, above);
    CHECK((found - wanted).abs().max().item<double>() < 1e-4);
    CHECK((found.abs().amax(1) - 1).abs().max().item<double>() < 1e-6);

    // The same units as images of two lanes: [samples, 2 * 7, 1, 1].
    const auto as_images = [](const Tensor& units) {
      return units.permute({2, 0, 1}).reshape({5, 14, 1, 1}).contiguous();
    };
    const Tensor in_images = derivative(name, as_images(x), as_images(above));
    CHECK(torch::equal(in_images, as_images(found)));
  }
}

TEST_CASE("where outputs are sums of networks, derivatives in saturated units keep their size") {
  const Tensor x = saturated(40), above = torch::randn({2, 7, 5});
  const models::SaturationScope scope(2, /*keeps_scale=*/true);
  CHECK(largest_error(derivative("tanh", x, above), slope("tanh", x) * above) < 1e-4);
}

TEST_CASE("a gradient of 0 stays 0 in saturated units, and other nonlinearities are not changed") {
  const Tensor x = saturated(60), above = torch::randn({2, 7, 5});
  Tensor some = above.clone();
  some.select(2, 3).zero_();
  const Tensor relu = derivative("relu", x, above);
  const models::SaturationScope scope(2, /*keeps_scale=*/false);
  CHECK(derivative("tanh", x, some).select(2, 3).eq(0).all().item<bool>());
  CHECK(derivative("tanh", x, some).isfinite().all().item<bool>());
  CHECK(torch::equal(derivative("relu", x, above), relu));
}
