// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "fixture.hpp"

using namespace eigensweep;
using fixture::perturb;
using torch::Tensor;

namespace {

std::vector<Tensor> noisy(const Tensor& inputs, const std::vector<double>& sigmas, std::vector<std::uint64_t> seeds,
                          std::int64_t first = 0) {
  ToyNetwork model = ToyNetwork::random(static_cast<std::int64_t>(seeds.size()), {inputs.size(1), 10}, 1);
  const Tensor labels = torch::zeros({inputs.size(0)}, torch::kInt64);
  return perturb(model, inputs, labels, "gaussian_noise", fixture::gaussian_noise(), sigmas, first, std::move(seeds));
}

}  // namespace

TEST_CASE("gaussian noise has the standard deviation asked for, is normal, and is none at 0") {
  const Tensor grey = torch::full({200, 784}, 0.5);
  const std::vector<Tensor> perturbed = noisy(grey, {0.0, 0.05, 0.1}, {1, 2});
  CHECK(torch::equal(perturbed[0], grey.expand({2, 200, 784})));
  const double count = 2.0 * 200 * 784;
  for (std::size_t i = 1; i < 3; ++i) {
    const double sigma = i == 1 ? 0.05 : 0.1;
    const Tensor z = (perturbed[i] - 0.5).to(torch::kFloat64) / sigma;
    CHECK(std::abs(z.mean().item<double>()) < 4 / std::sqrt(count));
    // For a normal variable z, the variance of z^2 is 2, and that of z^4 is 96.
    CHECK(std::abs(z.square().mean().item<double>() - 1) < 4 * std::sqrt(2 / count));
    CHECK(std::abs(z.pow(4).mean().item<double>() - 3) <
          4 * std::sqrt(96 / count) + 1e-3);  // 0.5 / sigma clips 5 sigma
  }
  CHECK(torch::allclose((perturbed[2] - 0.5) / 2, perturbed[1] - 0.5, 0, 1e-6));  // one draw, scaled
}

TEST_CASE("gaussian noise is clipped to the pixels' range") {
  const Tensor black = torch::zeros({50, 784});
  const Tensor perturbed = noisy(black, {2.0}, {1})[0];
  CHECK(perturbed.min().item<float>() == 0.0F);
  CHECK(perturbed.max().item<float>() == 1.0F);
  CHECK(std::abs(perturbed.eq(0).to(torch::kFloat64).mean().item<double>() - 0.5) < 4 * 0.5 / std::sqrt(50 * 784.0));
}

TEST_CASE("gaussian noise belongs to the trial's seed and the sample, not to its neighbours") {
  const Tensor grey = torch::full({20, 30}, 0.5);
  const Tensor both = noisy(grey, {0.1}, {7, 8})[0];
  CHECK(torch::equal(noisy(grey, {0.1}, {8})[0][0], both[1]));
  CHECK(torch::equal(noisy(grey.narrow(0, 0, 5), {0.3, 0.1}, {7}, 10)[1][0], both[0].narrow(0, 10, 5)));
  CHECK_FALSE(torch::equal(both[0], both[1]));
}
