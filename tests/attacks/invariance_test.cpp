// SPDX-License-Identifier: MIT
// What must not change an attack: the scale of the logits, where its objective has none, and a constant added to them.
#include <catch2/catch.hpp>

#include "affine.hpp"
#include "eigensweep/attacks/objective.hpp"
#include "fixture.hpp"

using namespace eigensweep;
using fixture::Affine;
using fixture::perturb;
using torch::Tensor;

namespace {

struct Invariant {
  const char* kind;
  Json options;
};

/// tanh networks of one hidden layer, whose logits are scaled by their last layer.
ToyNetwork scaled_network(double scale) {
  ToyNetwork plain = ToyNetwork::random(1, {784, 30, 10}, 4);
  const auto tensor = [&](std::size_t i) { return plain.parameters()[i].tensor; };
  return ToyNetwork({{tensor(0), tensor(1)}, {tensor(2) * scale, tensor(3) * scale}},
                    [](const Tensor& h) { return h.tanh(); });
}

}  // namespace

TEST_CASE("attacks on margins and their quotients are the same bits whatever the scale of the logits") {
  const data::DeviceDataset set = digits(40);
  const Tensor x = data::to_inputs(set.test_images);
  ToyNetwork one = scaled_network(1);
  // Labels that the network gives, so that all samples are attacked.
  const Tensor labels = one.forward(models::Inputs::shared(x, 1), models::Mode::evaluate).logits[0].argmax(0);
  for (const Invariant& attack : std::vector<Invariant>{{"fgsm", {{"loss", "margin"}}},
                                                        {"fgsm", {{"loss", "margin"}, {"norm", "l2"}}},
                                                        {"pgd", {{"loss", "margin"}, {"steps", 5}}},
                                                        {"mi_fgsm", {{"loss", "margin"}, {"steps", 5}}},
                                                        {"apgd", {{"loss", "margin"}, {"steps", 10}}},
                                                        {"apgd", {{"targets", 3}, {"steps", 10}}},
                                                        {"square", {{"queries", 30}}},
                                                        {"fab", {{"steps", 5}, {"targets", 3}}}}) {
    INFO(attack.kind << " " << attack.options.dump());
    const auto points = [&](double scale) {
      ToyNetwork model = scaled_network(scale);
      return perturb(model, x, labels, attack.kind, fixture::attack(attack.kind, attack.options), {0.02, 0.3});
    };
    const std::vector<Tensor> wanted = points(1);
    CHECK_FALSE(torch::equal(wanted[1], x.unsqueeze(0)));
    for (const double scale : {1.0 / 64, 8.0, 64.0}) {
      const std::vector<Tensor> found = points(scale);
      // A quotient has 1e-12 in its divisor: its values lie within roundings of each other, its points do not.
      for (std::size_t i = 0; i < found.size(); ++i) CHECK(torch::equal(found[i], wanted[i]));
    }
  }
}

TEST_CASE("attacks are the same bits whatever constant is added to the logits, where sums with it are exact") {
  // Pixels, weights and steps are multiples of powers of two, so that no logit on the way is rounded.
  torch::manual_seed(5);
  const Tensor x = torch::randint(0, 16, {30, 40}).to(torch::kFloat32) / 16;
  const Tensor weight = torch::randint(-64, 64, {1, 10, 40}).to(torch::kFloat32) / 256;
  const Tensor bias = torch::randint(-64, 64, {1, 10}).to(torch::kFloat32) / 256;
  const auto network = [&](double shift) {
    return ToyNetwork({{weight, bias + shift}}, [](const Tensor& h) { return h; });
  };
  ToyNetwork plain = network(0), shifted = network(64);
  const Tensor labels = plain.forward(models::Inputs::shared(x, 1), models::Mode::evaluate).logits[0].argmax(0);
  std::vector<Invariant> attacks;
  for (const char* loss : {"cross_entropy", "log_odds", "margin", "dlr"}) {
    attacks.push_back({"fgsm", {{"loss", loss}}});
    attacks.push_back({"pgd", {{"loss", loss}, {"steps", 8}, {"relative_step", 0.25}, {"random_start", false}}});
    attacks.push_back({"mi_fgsm", {{"loss", loss}, {"steps", 8}, {"relative_step", 0.25}}});
  }
  for (const Invariant& attack : attacks) {
    INFO(attack.kind << " " << attack.options.dump());
    const Json options = fixture::attack(attack.kind, attack.options);
    const Tensor wanted = perturb(plain, x, labels, attack.kind, options, {1.0 / 16})[0];
    CHECK_FALSE(torch::equal(wanted, x.unsqueeze(0)));
    CHECK(torch::equal(perturb(shifted, x, labels, attack.kind, options, {1.0 / 16})[0], wanted));
  }
}

TEST_CASE("in float64 the derivatives of cross entropy and log-odds differ by a positive factor of each sample") {
  torch::manual_seed(7);
  const Tensor logits = 3 * torch::randn({2, 10, 200}, torch::kFloat64), labels = torch::randint(10, {200});
  const Tensor odds = attacks::value_of(attacks::Objective::log_odds, logits, labels);
  const Tensor moderate = (odds.abs() < 10).unsqueeze(1);
  CHECK(moderate.to(torch::kFloat64).mean().item<double>() > 0.5);
  const Tensor by_odds = attacks::gradient_of(attacks::Objective::log_odds, logits, labels);
  const Tensor by_entropy = attacks::gradient_of(attacks::Objective::cross_entropy, logits, labels);
  // Cross entropy is softplus of the log-odds.
  const Tensor wanted = odds.sigmoid().unsqueeze(1) * by_odds;
  CHECK((by_entropy - wanted).abs().masked_select(moderate).max().item<double>() < 1e-14);
  CHECK(torch::equal(by_entropy.sign().masked_select(moderate), by_odds.sign().masked_select(moderate)));
}
