// SPDX-License-Identifier: MIT
// Uniform noise, and salt and pepper; accuracies under all kinds of noise.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "affine.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"

using namespace eigensweep;
using fixture::perturb;
using torch::Tensor;

namespace {

std::vector<Tensor> with_noise(const std::string& kind, const Tensor& inputs, const std::vector<double>& intensities,
                               std::vector<std::uint64_t> seeds, std::int64_t first = 0) {
  ToyNetwork model = ToyNetwork::random(static_cast<std::int64_t>(seeds.size()), {inputs.size(1), 10}, 1);
  const Tensor labels = torch::zeros({inputs.size(0)}, torch::kInt64);
  return perturb(model, inputs, labels, kind, fixture::attack(kind), intensities, first, std::move(seeds));
}

/// Checks a mean of independent numbers of this standard deviation.
void check_mean(const Tensor& numbers, double mean, double deviation) {
  const double found = numbers.to(torch::kFloat64).mean().item<double>();
  CHECK(std::abs(found - mean) < 4 * deviation / std::sqrt(static_cast<double>(numbers.numel())));
}

}  // namespace

TEST_CASE("uniform noise fills its interval evenly, is one draw scaled, clipped, and none at 0") {
  const Tensor grey = torch::full({200, 784}, 0.5);
  const std::vector<Tensor> noisy = with_noise("uniform_noise", grey, {0.0, 0.1, 0.3, 1.0}, {1, 2});
  CHECK(torch::equal(noisy[0], grey.expand({2, 200, 784})));
  const Tensor u = (noisy[1] - 0.5).to(torch::kFloat64) / 0.1;
  CHECK(u.abs().max().item<double>() <= 1 + 1e-5);
  CHECK(u.abs().max().item<double>() > 0.9999);
  check_mean(u, 0, std::sqrt(1.0 / 3));
  check_mean(u.square(), 1.0 / 3, std::sqrt(4.0 / 45));
  check_mean(u.pow(4), 1.0 / 5, std::sqrt(16.0 / 225));
  CHECK(torch::allclose((noisy[2] - 0.5) / 3, noisy[1] - 0.5, 0, 1e-6));
  // 0.5 + u, clipped to [0, 1]: half of it is clipped, a quarter to each end.
  check_mean(noisy[3] == 0, 0.25, std::sqrt(0.25 * 0.75));
  check_mean(noisy[3] == 1, 0.25, std::sqrt(0.25 * 0.75));
  check_mean(noisy[3], 0.5, std::sqrt(1.0 / 6));
}

TEST_CASE("salt and pepper set the share of pixels asked for, half to each end, and leave the others") {
  const Tensor grey = torch::full({200, 784}, 0.5);
  const std::vector<double> shares{0, 0.01, 0.2, 0.5, 1};
  const std::vector<Tensor> noisy = with_noise("salt_and_pepper_noise", grey, shares, {1, 2});
  CHECK(torch::equal(noisy[0], grey.expand({2, 200, 784})));
  for (std::size_t i = 1; i < shares.size(); ++i) {
    const Tensor salt = noisy[i] == 1, pepper = noisy[i] == 0;
    const double half = shares[i] / 2;
    check_mean(salt, half, std::sqrt(half * (1 - half)));
    check_mean(pepper, half, std::sqrt(half * (1 - half)));
    CHECK(noisy[i].masked_select(salt.logical_or(pepper).logical_not()).eq(0.5).all().item<bool>());
    // What a smaller share sets, this one sets to the same end.
    CHECK(torch::equal(noisy[i].masked_select(noisy[i - 1] != 0.5), noisy[i - 1].masked_select(noisy[i - 1] != 0.5)));
  }
  CHECK((noisy[4] == 0.5).sum().item<std::int64_t>() == 0);
}

TEST_CASE("accuracy under noise is that of a plain program in float64, and the clean one at none") {
  const fixture::Affine net = fixture::regression(150, fixture::ten);
  const std::int64_t draws = 24;
  std::vector<std::pair<Tensor, Tensor>> layer{{net.weight.expand({draws, -1, -1}), net.bias.expand({draws, -1})}};
  ToyNetwork model(layer, [](const Tensor& h) { return h; });
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(draws));
  std::iota(seeds.begin(), seeds.end(), std::uint64_t{1});
  const Tensor x = net.x.to(torch::kFloat64).expand({draws, -1, -1});
  const auto accuracy = [&](const Tensor& noisy) {
    const Tensor logits = noisy.matmul(net.weight.to(torch::kFloat64).t()) + net.bias.to(torch::kFloat64);
    return (logits.argmax(-1) == net.labels).to(torch::kFloat64).mean(1);  // [draws]
  };
  torch::manual_seed(11);
  const auto reference = [&](const std::string& kind, double strength) -> Tensor {
    if (kind == "gaussian_noise") return (x + strength * torch::randn_like(x)).clamp(0, 1);
    if (kind == "uniform_noise") return (x + strength * (2 * torch::rand_like(x) - 1)).clamp(0, 1);
    const Tensor u = torch::rand_like(x);
    return torch::where(u < strength / 2, torch::zeros_like(x), torch::where(u < strength, torch::ones_like(x), x));
  };
  for (const auto& [kind, strength] : std::vector<std::pair<std::string, double>>{
           {"gaussian_noise", 0.5}, {"uniform_noise", 0.9}, {"salt_and_pepper_noise", 0.4}}) {
    INFO(kind);
    const auto measured =
        attacks::evaluate_robustness(kind, fixture::attack(kind), {0, strength}, model, digits(150), seeds);
    std::vector<double> found;
    for (const wire::Measurement& lane : measured) {
      CHECK(lane.at("robust_accuracy").values()[0] == lane.at("clean_accuracy").values()[0]);
      found.push_back(lane.at("robust_accuracy").values()[1]);
    }
    const Tensor ours = torch::tensor(found, torch::kFloat64), theirs = accuracy(reference(kind, strength));
    CHECK(theirs.mean().item<double>() < measured[0].at("clean_accuracy").values()[0] - 0.02);
    const double error =
        std::sqrt((ours.var().item<double>() + theirs.var().item<double>()) / static_cast<double>(draws));
    CHECK(std::abs(ours.mean().item<double>() - theirs.mean().item<double>()) < 4 * error);
  }
}

TEST_CASE("uniform noise and salt and pepper belong to seed and sample, in batches of 1, of 7 and of all") {
  const Tensor grey = torch::full({20, 30}, 0.5);
  for (const char* kind : {"uniform_noise", "salt_and_pepper_noise"}) {
    const Tensor both = with_noise(kind, grey, {0.2}, {7, 8})[0];
    CHECK_FALSE(torch::equal(both[0], both[1]));
    CHECK(torch::equal(with_noise(kind, grey, {0.2}, {8})[0][0], both[1]));
    for (const std::int64_t size : {1, 7}) {
      for (std::int64_t first = 0; first < 20; first += size) {
        const std::int64_t count = std::min<std::int64_t>(size, 20 - first);
        const Tensor piece = with_noise(kind, grey.narrow(0, 0, count), {0.4, 0.2}, {7, 8}, first)[1];
        CHECK(torch::equal(piece, both.narrow(1, first, count)));
      }
    }
  }
}
