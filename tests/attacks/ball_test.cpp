// SPDX-License-Identifier: MIT
// What the attacks of foolbox do in balls of either norm, and how far what fools a network lies.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "affine.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "fixture.hpp"

using namespace eigensweep;
using fixture::perturb;
using torch::Tensor;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

Json l2(const std::string& kind, Json options = Json::object()) {
  options["norm"] = "l2";
  return fixture::attack(kind, std::move(options));
}

Tensor lengths(const Tensor& offset) { return offset.norm(2, -1); }

std::vector<double> column_of(const wire::Measurement& measured, const char* column) {
  return measured.at(column).values();
}

}  // namespace

TEST_CASE("in the Euclidean norm attacks stay inside ball and box") {
  const data::DeviceDataset set = digits(50);
  const Tensor x = data::to_inputs(set.test_images);
  ToyNetwork model = ToyNetwork::random(2, {784, 30, 10}, 3);
  const std::vector<double> radii{0, 0.1, 1, 5};
  for (const auto& [kind, options] :
       std::vector<std::pair<std::string, Json>>{{"fgsm", l2("fgsm")}, {"pgd", l2("pgd", {{"steps", 7}})}}) {
    const std::vector<Tensor> perturbed = perturb(model, x, set.test_labels, kind, options, radii);
    CHECK(torch::equal(perturbed[0], x.expand({2, 50, 784})));
    for (std::size_t i = 1; i < radii.size(); ++i) {
      CHECK(lengths(perturbed[i] - x).max().item<double>() <= radii[i] * (1 + 1e-5));
      CHECK(lengths(perturbed[i] - x).max().item<double>() > 0.4 * radii[i]);
      CHECK(perturbed[i].min().item<float>() >= 0.0F);
      CHECK(perturbed[i].max().item<float>() <= 1.0F);
    }
  }
}

TEST_CASE("one step in the Euclidean norm is as long as the radius, whatever the gradient's size") {
  const data::DeviceDataset set = digits(20);
  const Tensor x = data::to_inputs(set.test_images);
  const Tensor weight = torch::randn({1, 10, 784});
  // No box: the step is then the whole perturbation.
  for (const double size : {1e-25, 1.0, 1e25}) {
    ToyNetwork model({{weight * size, torch::zeros({1, 10})}}, [](const Tensor& h) { return h; });
    attacks::Problem problem{model, x, set.test_labels, std::vector<std::int64_t>(20), {1}, -infinite, infinite};
    const auto attack = attacks::make_attack("fgsm", l2("fgsm", {{"loss", "margin"}}));
    attack->perturb(problem, {0.5}, [&](std::size_t, const Tensor& perturbed) {
      CHECK((lengths(perturbed - x) - 0.5).abs().max().item<double>() < 1e-5);
    });
  }
}

TEST_CASE("a random start in the Euclidean norm is uniform in the ball") {
  const std::int64_t inputs = 3, count = 4000;
  const Tensor x = torch::full({count, inputs}, 0.5);
  ToyNetwork model = ToyNetwork::random(1, {inputs, 4}, 6);
  const Json start = l2("pgd", {{"steps", 1}, {"relative_step", 0.0}});
  const Tensor offset = perturb(model, x, torch::zeros({count}, torch::kInt64), "pgd", start, {0.2})[0][0] - x;
  const Tensor radius = lengths(offset) / 0.2;
  CHECK(radius.max().item<double>() <= 1 + 1e-5);
  // A share r^d of a ball lies within r.
  for (const double r : {0.5, 0.8}) {
    const double wanted = std::pow(r, static_cast<double>(inputs));
    const double error = std::sqrt(wanted * (1 - wanted) / static_cast<double>(count));
    CHECK((radius <= r).to(torch::kFloat64).mean().item<double>() == Approx(wanted).margin(4 * error));
  }
  CHECK(offset.mean(0).abs().max().item<double>() < 4 * 0.2 * std::sqrt(1.0 / 5 / static_cast<double>(count)));
}

TEST_CASE(
    "no attack in the Euclidean norm fools what is robust, and pgd on the margin comes close to all that is not") {
  const fixture::Affine net = fixture::regression(200, {3, 7});
  ToyNetwork model = fixture::network_of(net);
  for (const double radius : {0.5, 1.0, 2.0}) {
    const Tensor can_be_fooled = fixture::worst_gap_l2(net, radius) > 0;
    for (const auto& [kind, options] : std::vector<std::pair<std::string, Json>>{
             {"fgsm", l2("fgsm")}, {"pgd", l2("pgd", {{"loss", "margin"}, {"steps", 100}, {"relative_step", 0.1}})}}) {
      const Tensor x = perturb(model, net.x, net.labels, kind, options, {radius})[0];
      const Tensor fooled = fixture::fooled(model, x, net.labels)[0];
      INFO(kind << " at " << radius);
      CHECK_FALSE(fooled.logical_and(can_be_fooled.logical_not()).any().item<bool>());
      const auto missed = can_be_fooled.logical_and(fooled.logical_not()).sum().item<std::int64_t>();
      if (kind == "pgd") CHECK(missed <= can_be_fooled.size(0) / 50);
    }
  }
}

TEST_CASE("a gradient that is not finite leaves no samples of its lane") {
  const data::DeviceDataset set = digits(5);
  ToyNetwork model = ToyNetwork::random(2, {784, 10}, 8);
  model.parameters()[0].tensor[1].fill_(std::nanf(""));
  for (const char* const kind : {"fgsm", "pgd"}) {
    const Tensor x = perturb(model, data::to_inputs(set.test_images), set.test_labels, kind, l2(kind), {0.5})[0];
    CHECK(x[0].isfinite().all().item<bool>());
    CHECK(x[1].isnan().all().item<bool>());
  }
}

TEST_CASE("restarts fool what a run has not fooled, and nothing less") {
  const data::DeviceDataset set = digits(200);
  const Tensor x = data::to_inputs(set.test_images);
  ToyNetwork model = ToyNetwork::random(2, {784, 40, 10}, 9);
  const Tensor labels = model.forward(models::Inputs::shared(x, 2), models::Mode::evaluate).logits[0].argmax(0);
  const auto fooled = [&](int restarts) {
    const Json options =
        fixture::attack("pgd", {{"steps", 2}, {"relative_step", 0.01}, {"loss", "margin"}, {"restarts", restarts}});
    return fixture::fooled(model, perturb(model, x, labels, "pgd", options, {0.1})[0], labels);
  };
  const Tensor once = fooled(1), often = fooled(6);
  CHECK_FALSE(once.logical_and(often.logical_not()).any().item<bool>());
  CHECK(often.sum().item<std::int64_t>() > once.sum().item<std::int64_t>());
  // What is beside a sample changes nothing.
  const Json options =
      fixture::attack("pgd", {{"steps", 2}, {"relative_step", 0.01}, {"loss", "margin"}, {"restarts", 6}});
  const Tensor piece = perturb(model, x.slice(0, 90, 120), labels.slice(0, 90, 120), "pgd", options, {0.1}, 90)[0];
  CHECK(torch::equal(fixture::fooled(model, piece, labels.slice(0, 90, 120)), often.slice(1, 90, 120)));
}

TEST_CASE("the nearest misclassified point that an attack shows is kept for each sample") {
  const data::DeviceDataset set = digits(60);
  const Tensor x = data::to_inputs(set.test_images);
  ToyNetwork model = ToyNetwork::random(2, {784, 30, 10}, 11);
  const std::vector<double> radii{0.05, 0, 0.01, 0.2};
  for (const auto& [kind, options] :
       std::vector<std::pair<std::string, Json>>{{"fgsm", fixture::attack("fgsm")},
                                                 {"pgd", l2("pgd", {{"steps", 5}})},
                                                 {"square", fixture::attack("square", {{"queries", 10}})}}) {
    const std::vector<Tensor> shown = perturb(model, x, set.test_labels, kind, options, radii);
    for (const std::int64_t batch : {0, 17}) {
      const auto measured = attacks::evaluate_robustness(kind, options, radii, model, set, {1, 2}, batch);
      for (std::int64_t lane = 0; lane < 2; ++lane) {
        Tensor nearest = torch::full({60}, infinite, torch::kFloat64);
        for (std::size_t i = 0; i < radii.size(); ++i) {
          const Tensor offset = shown[i][lane] - x;
          const Tensor distance = (kind == "pgd" ? lengths(offset) : offset.abs().amax(-1)).to(torch::kFloat64);
          const Tensor wrong = fixture::fooled(model, shown[i], set.test_labels)[lane];
          nearest = torch::where(wrong, torch::minimum(nearest, distance.clamp_max(radii[i])), nearest);
        }
        const std::vector<double> found = column_of(measured[static_cast<std::size_t>(lane)], "d_min");
        REQUIRE(found.size() == 60);
        INFO(kind << " lane " << lane);
        for (std::size_t i = 0; i < 60; ++i) {
          const auto wanted = nearest[static_cast<std::int64_t>(i)].item<double>();
          CHECK((found[i] == wanted || std::abs(found[i] - wanted) < 1e-6 * wanted));
        }
        CHECK(measured[static_cast<std::size_t>(lane)].unbounded == std::vector<std::string>{"d_min"});
      }
    }
  }
}

TEST_CASE("attacks count the gradients that they take") {
  const data::DeviceDataset set = digits(30);
  ToyNetwork model = ToyNetwork::random(2, {784, 10}, 12);
  const auto gradients = [&](const std::string& kind, const Json& options, std::int64_t batch) {
    const auto measured = attacks::evaluate_robustness(kind, options, {0, 0.001, 0.002}, model, set, {1, 2}, batch);
    CHECK(column_of(measured[0], "sample_gradients") == column_of(measured[1], "sample_gradients"));
    return column_of(measured[0], "sample_gradients")[0];
  };
  for (const std::int64_t batch : {0, 7}) {
    CHECK(gradients("fgsm", fixture::attack("fgsm"), batch) == 30);
    CHECK(gradients("pgd", fixture::pgd(5), batch) == 2 * 5 * 30);
  }
}
