// SPDX-License-Identifier: MIT
// What attacks follow: values by their definitions, derivatives by autograd and by finite differences.
#include "eigensweep/attacks/objective.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "digits.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using attacks::Objective;
using torch::Tensor;

namespace {

const std::vector<Objective> all{Objective::cross_entropy, Objective::log_odds,      Objective::margin,
                                 Objective::dlr,           Objective::target_margin, Objective::target_dlr};

/// One sample's objective from its logits, as the header defines it.
double by_definition(Objective objective, std::vector<double> z, std::size_t label, std::size_t target) {
  const double own = z[label], aimed = z[target];
  double others = 0, rival = -1e300;
  for (std::size_t j = 0; j < z.size(); ++j) {
    if (j == label) continue;
    others += std::exp(z[j]);
    rival = std::max(rival, z[j]);
  }
  std::sort(z.rbegin(), z.rend());
  switch (objective) {
    case Objective::cross_entropy:
      return std::log(std::exp(own) + others) - own;
    case Objective::log_odds:
      return std::log(others) - own;
    case Objective::margin:
      return rival - own;
    case Objective::dlr:
      return (rival - own) / (z[0] - z[2] + 1e-12);
    case Objective::target_margin:
      return aimed - own;
    case Objective::target_dlr:
      return (aimed - own) / (z[0] - (z[2] + z[3]) / 2 + 1e-12);
  }
  return NAN;
}

std::vector<double> column(const Tensor& logits, std::int64_t lane, std::int64_t sample) {
  std::vector<double> z;
  for (std::int64_t j = 0; j < logits.size(1); ++j) z.push_back(logits[lane][j][sample].item<double>());
  return z;
}

}  // namespace

TEST_CASE("objectives and their derivatives by the logits follow their definitions") {
  torch::manual_seed(1);
  const Tensor logits = torch::randn({2, 6, 9}, torch::kFloat64) * 2;
  const Tensor labels = torch::randint(6, {2, 9}), targets = (labels + torch::randint(1, 6, {2, 9})) % 6;
  for (const Objective objective : all) {
    const Tensor value = attacks::value_of(objective, logits, labels, targets);
    const Tensor gradient = attacks::gradient_of(objective, logits, labels, targets);
    for (std::int64_t lane = 0; lane < 2; ++lane) {
      for (std::int64_t sample = 0; sample < 9; ++sample) {
        const std::vector<double> z = column(logits, lane, sample);
        const auto label = static_cast<std::size_t>(labels[lane][sample].item<std::int64_t>());
        const auto target = static_cast<std::size_t>(targets[lane][sample].item<std::int64_t>());
        CHECK(value[lane][sample].item<double>() == Approx(by_definition(objective, z, label, target)).margin(1e-12));
        for (std::size_t j = 0; j < z.size(); ++j) {
          constexpr double small = 1e-6;
          std::vector<double> up = z, down = z;
          up[j] += small;
          down[j] -= small;
          const double slope =
              (by_definition(objective, up, label, target) - by_definition(objective, down, label, target)) /
              (2 * small);
          CHECK(gradient[lane][static_cast<std::int64_t>(j)][sample].item<double>() == Approx(slope).margin(1e-7));
        }
      }
    }
  }
}

TEST_CASE("labels and targets may be shared by the lanes") {
  torch::manual_seed(2);
  const Tensor logits = torch::randn({3, 5, 7}), labels = torch::randint(5, {7}), targets = (labels + 1) % 5;
  for (const Objective objective : all) {
    for (const auto function : {attacks::value_of, attacks::gradient_of}) {
      CHECK(torch::equal(function(objective, logits, labels, targets),
                         function(objective, logits, labels.expand({3, 7}), targets.expand({3, 7}))));
    }
  }
}

TEST_CASE("the log-odds push a confident sample's own logit down where cross entropy no longer does") {
  const Tensor logits = torch::tensor({20.0F, 0.0F, -1.0F}).view({1, 3, 1}), labels = torch::zeros({1}, torch::kInt64);
  CHECK(attacks::gradient_of(Objective::cross_entropy, logits, labels)[0][0][0].item<float>() == 0);
  const Tensor gradient = attacks::gradient_of(Objective::log_odds, logits, labels);
  CHECK(gradient[0][0][0].item<float>() == -1);
  CHECK(gradient.sum().item<float>() == Approx(0).margin(1e-6));
}

TEST_CASE("log-odds, margins and their quotients are not changed by a constant that is added to all logits") {
  torch::manual_seed(3);
  const Tensor logits = torch::randint(-64, 64, {2, 5, 20}).to(torch::kFloat32) / 16;  // sums with 1024 are exact
  const Tensor labels = torch::randint(5, {20}), targets = (labels + 2) % 5;
  for (const Objective objective : all) {
    if (objective == Objective::cross_entropy) continue;
    CHECK(torch::equal(attacks::gradient_of(objective, logits + 1024, labels, targets),
                       attacks::gradient_of(objective, logits, labels, targets)));
  }
}

TEST_CASE("a slope by hand is the slope by autograd, with the logits of the same pass") {
  const data::DeviceDataset set = digits(12);
  const Tensor x = data::to_inputs(set.test_images).expand({2, 12, 784});
  const Tensor labels = set.test_labels, targets = (labels + 3) % 10;
  const auto model_of = [&](const Json& options) {
    return models::make_model(resolved(study::Family::model, options), set.info, {1, 2}, torch::kCPU);
  };
  for (const Json& options :
       {Json{{"kind", "mlp"}, {"width", 20}, {"depth", 2}}, Json{{"kind", "mlp"}, {"width", 20}, {"batch_norm", true}},
        Json{{"kind", "cnn"}, {"width", 10}, {"depth", 1}, {"channels", 3}}}) {
    const auto model = model_of(options);
    for (const Objective objective : all) {
      const attacks::Slope found = attacks::slope(*model, x, objective, labels, targets);
      const Tensor leaf = x.clone().requires_grad_();
      const Tensor logits = model->forward(models::Inputs::per_lane(leaf), models::Mode::evaluate).logits;
      const Tensor by_logits = attacks::gradient_of(objective, logits.detach(), labels, targets);
      const Tensor gradient = torch::autograd::grad({logits}, {leaf}, {by_logits})[0];
      CHECK(torch::allclose(found.logits, logits.detach(), 1e-5, 1e-6));
      CHECK(((found.gradient - gradient).norm() / gradient.norm()).item<double>() < 1e-5);
    }
  }
}
