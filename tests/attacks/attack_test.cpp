// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/attacks/gradient.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "fixture.hpp"

using namespace eigensweep;
using fixture::perturb;
using torch::Tensor;

namespace {

struct Samples {
  Tensor x;
  Tensor labels;
};

Samples samples(std::int64_t count) {
  const data::DeviceDataset set = digits(count);
  return {data::to_inputs(set.test_images), set.test_labels};
}

const std::vector<double> wide_radii{0.0, 0.02, 0.1, 0.3, 1.0};

}  // namespace

TEST_CASE("every attack stays inside ball and box, and does nothing at intensity 0") {
  const auto [x, labels] = samples(50);
  ToyNetwork model = ToyNetwork::random(2, {784, 30, 10}, 3);
  for (const auto& [kind, options] : std::vector<std::pair<std::string, Json>>{
           {"fgsm", fixture::fgsm()}, {"pgd", fixture::pgd(7, 0.5)}, {"pgd", fixture::pgd(3, 2.0, false)}}) {
    const std::vector<Tensor> perturbed = perturb(model, x, labels, kind, options, wide_radii);
    CHECK(torch::equal(perturbed[0], x.expand({2, 50, 784})));
    for (std::size_t i = 0; i < wide_radii.size(); ++i) {
      CHECK((perturbed[i] - x).abs().max().item<double>() <= wide_radii[i] * (1 + 1e-6) + 1e-7);
      CHECK(perturbed[i].min().item<float>() >= 0.0F);
      CHECK(perturbed[i].max().item<float>() <= 1.0F);
      if (i > 0) CHECK((perturbed[i] - x).abs().max().item<double>() > 0.99 * std::min(wide_radii[i], 0.9));
    }
  }
}

TEST_CASE("attacks follow gradients of rounded products where they are asked to") {
  const auto [x, labels] = samples(40);
  const Json network{{"kind", "mlp"}, {"width", 30}};
  const auto model = models::make_model(resolved(study::Family::model, network), digits(40).info, {1, 2}, torch::kCPU);
  for (const auto& [kind, asked] :
       std::vector<std::pair<std::string, Json>>{{"fgsm", fixture::fgsm()}, {"pgd", fixture::pgd(1, 1.0, false)}}) {
    Json rounded = asked;
    rounded["compute"] = "bfloat16";
    const Tensor exact = perturb(*model, x, labels, kind, asked, {0.1})[0];
    const Tensor found = perturb(*model, x, labels, kind, rounded, {0.1})[0];
    const Tensor gradient = attacks::input_gradient(*model, x.expand({2, 40, 784}), labels, models::Compute::bfloat16);
    CHECK(torch::equal(found, (x + 0.1 * gradient.sign()).clamp(x - 0.1, x + 0.1).clamp(0, 1)));
    CHECK_FALSE(torch::equal(found, exact));
  }
}

TEST_CASE("one whole step of pgd without a random start is fgsm, bit for bit") {
  const auto [x, labels] = samples(40);
  ToyNetwork model = ToyNetwork::random(2, {784, 30, 10}, 4);
  const std::vector<Tensor> one = perturb(model, x, labels, "pgd", fixture::pgd(1, 1.0, false), wide_radii);
  const std::vector<Tensor> other = perturb(model, x, labels, "fgsm", fixture::fgsm(), wide_radii);
  for (std::size_t i = 0; i < wide_radii.size(); ++i) CHECK(torch::equal(one[i], other[i]));
}

TEST_CASE("an intensity's result does not depend on the other intensities nor on their order") {
  const auto [x, labels] = samples(40);
  ToyNetwork model = ToyNetwork::random(2, {784, 30, 10}, 5);
  for (const auto& [kind, options] :
       std::vector<std::pair<std::string, Json>>{{"fgsm", fixture::fgsm()}, {"pgd", fixture::pgd(5)}}) {
    const std::vector<Tensor> up = perturb(model, x, labels, kind, options, {0.0, 0.03, 0.1, 0.2});
    const std::vector<Tensor> down = perturb(model, x, labels, kind, options, {0.2, 0.1, 0.03, 0.0});
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(torch::equal(up[i], down[3 - i]));
    }
    CHECK(torch::equal(up[2], perturb(model, x, labels, kind, options, {0.1})[0]));
  }
}

TEST_CASE("a random start depends on seed, sample and radius alone") {
  const auto [x, labels] = samples(20);
  ToyNetwork model = ToyNetwork::random(3, {784, 10}, 6);
  // With a step length of 0 the result is the start.
  const Json start = fixture::pgd(1, 0.0);
  const std::vector<std::uint64_t> seeds{11, 12, 11};
  const Tensor all = perturb(model, x, labels, "pgd", start, {0.1}, 0, seeds)[0];
  CHECK(torch::equal(all[0], all[2]));
  CHECK_FALSE(torch::equal(all[0], all[1]));
  ToyNetwork alone = model.alone(1);
  CHECK(torch::equal(perturb(alone, x, labels, "pgd", start, {0.1}, 0, {12})[0][0], all[1]));
  for (const std::int64_t size : {1, 7}) {
    const Tensor piece =
        perturb(model, x.slice(0, 7, 7 + size), labels.slice(0, 7, 7 + size), "pgd", start, {0.1}, 7, seeds)[0];
    CHECK(torch::equal(piece, all.slice(1, 7, 7 + size)));
  }
  const Tensor noise = (all - x).masked_select((x > 0.1).logical_and(x < 0.9).expand({3, 20, 784})) / 0.1;
  CHECK(std::abs(noise.mean().item<double>()) < 0.03);
  CHECK(noise.pow(2).mean().item<double>() == Approx(1.0 / 3.0).margin(0.02));
}

TEST_CASE("a lane is attacked the same alone and beside others") {
  const auto [x, labels] = samples(60);
  ToyNetwork model = ToyNetwork::random(3, {784, 20, 10}, 7);
  const Tensor together = perturb(model, x, labels, "pgd", fixture::pgd(10), {0.05}, 0, {5, 6, 7})[0];
  for (std::int64_t lane = 0; lane < 3; ++lane) {
    ToyNetwork alone = model.alone(lane);
    const Tensor by_itself =
        perturb(alone, x, labels, "pgd", fixture::pgd(10), {0.05}, 0, {static_cast<std::uint64_t>(5 + lane)})[0];
    // Products of other shapes may round otherwise: signs differ only where a gradient is 0 up to rounding.
    CHECK((by_itself[0] - together[lane]).abs().gt(1e-6).to(torch::kFloat32).mean().item<float>() < 0.002);
  }
}

TEST_CASE("the input gradient equals finite differences and leaves parameters alone") {
  torch::manual_seed(8);
  std::vector<std::pair<Tensor, Tensor>> layers;
  for (const auto& [in, out] : {std::pair{6, 5}, std::pair{5, 4}}) {
    layers.emplace_back(torch::randn({2, out, in}, torch::kFloat64).requires_grad_(),
                        torch::randn({2, out}, torch::kFloat64).requires_grad_());
  }
  ToyNetwork model(layers, [](const Tensor& h) { return h.tanh(); });
  const Tensor x = torch::rand({2, 3, 6}, torch::kFloat64);
  const Tensor labels = torch::tensor({0, 3, 1});
  const Tensor gradient = attacks::input_gradient(model, x, labels);
  CHECK_FALSE(gradient.requires_grad());
  for (const auto& parameter : model.parameters()) {
    CHECK(parameter.tensor.requires_grad());
    CHECK_FALSE(parameter.tensor.grad().defined());
  }
  const torch::NoGradGuard no_gradients;
  const auto loss = [&](const Tensor& at) {
    const Tensor logits = model.forward(models::Inputs::per_lane(at), models::Mode::evaluate).logits;
    return models::cross_entropy(logits, labels).sum().item<double>();
  };
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    Tensor step = torch::zeros_like(x);
    step.view({-1})[i] = 1e-6;
    const double difference = (loss(x + step) - loss(x - step)) / 2e-6;
    CHECK(gradient.reshape({-1})[i].item<double>() == Approx(difference).margin(1e-8));
  }
}

TEST_CASE("a tie and a logit that is no number count as wrong") {
  const double nan = std::nan("");
  const Tensor logits =
      torch::tensor({{1.0, 1.0, 2.0, nan, 1.0}, {1.0, 0.0, 1.0, 0.0, nan}}).unsqueeze(0);  // two classes, five samples
  const Tensor right = models::is_right(logits, torch::tensor({0, 0, 1, 1, 0}));
  CHECK(torch::equal(right[0], torch::tensor({false, true, false, false, false})));
}

TEST_CASE("an attack that no table holds is a bug of ours") {
  CHECK_THROWS_AS(attacks::make_attack("unknown", Json::object()), ContractViolation);
}
