// SPDX-License-Identifier: MIT
// The named protocols: reference, strict and autoattack_standard.
#include <catch2/catch.hpp>
#include <numeric>

#include "affine.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"
#include "protocol.hpp"

using namespace eigensweep;
using fixture::Affine;
using torch::Tensor;

TEST_CASE("reference is pgd with foolbox's settings, in both norms, bit by bit") {
  const Affine net = fixture::regression(60, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  const std::vector<double> radii{0, 0.05, 0.4};
  for (const auto& [norm, steps, step] : {std::tuple{"linf", 40, 0.01 / 0.3}, std::tuple{"l2", 50, 0.025}}) {
    const Json settings{{"norm", norm}, {"steps", steps}, {"relative_step", step}};
    const std::vector<Tensor> wanted =
        fixture::perturb(model, net.x, net.labels, "pgd", fixture::attack("pgd", settings), radii);
    const std::vector<Tensor> found =
        fixture::perturb(model, net.x, net.labels, "reference", fixture::attack("reference", {{"norm", norm}}), radii);
    for (std::size_t i = 0; i < radii.size(); ++i) CHECK(torch::equal(found[i], wanted[i]));
  }
}

TEST_CASE("a protocol's runs start elsewhere each, and fool more together than one of them") {
  // A network whose landscape has many hills.
  const data::DeviceDataset set = digits(100);
  const Tensor x = data::to_inputs(set.test_images);
  ToyNetwork model = ToyNetwork::random(1, {784, 60, 10}, 3, [](const Tensor& h) { return (6 * h).sin(); });
  data::DeviceDataset own = set;
  own.test_labels = model.forward(models::Inputs::shared(x, 1), models::Mode::evaluate).logits[0].argmax(0);
  const auto robust = [&](std::int64_t runs) {
    const auto attack = attacks::make_protocol(
        attacks::Norm::linf, {.runs = runs, .steps = 4, .targets = 0, .gives_up = false, .queries = 0});
    attacks::Problem problem{model, x, own.test_labels, std::vector<std::int64_t>(100), {1}, 0, 1, {1, 28, 28}};
    std::iota(problem.samples.begin(), problem.samples.end(), 0);
    Tensor found;
    attack->perturb(problem, {0.004}, [&](std::size_t, const Tensor& points) {
      found = fixture::fooled(model, points, own.test_labels)[0].logical_not();
    });
    std::vector<wire::Measurement> lanes(1);
    attack->add_columns(lanes);
    const double gradients = lanes[0].at("sample_gradients").values()[0];
    return std::pair{found, gradients};
  };
  const auto [once, of_one] = robust(1);
  const auto [often, of_four] = robust(4);
  CHECK_FALSE(often.logical_and(once.logical_not()).any().item<bool>());
  CHECK(often.sum().item<std::int64_t>() < once.sum().item<std::int64_t>());
  CHECK(often.sum().item<std::int64_t>() > 0);
  CHECK(of_four > 2 * of_one);
}

TEST_CASE("autoattack_standard fools all that strict does, at every radius, and FAB is among its finders") {
  const Affine net = fixture::regression(40, fixture::ten);
  ToyNetwork model = fixture::network_of(net);
  const std::vector<double> radii{0.03, 0.06, 0.1};
  for (const char* norm : {"linf", "l2"}) {
    const auto distances = [&](const std::string& kind) {
      const auto measured =
          attacks::evaluate_robustness(kind, fixture::attack(kind, {{"norm", norm}}), radii, model, digits(40), {1})
              .front();
      if (kind != "strict") {
        const std::vector<double> finder = measured.at("found_by").values();
        CHECK(std::count(finder.begin(), finder.end(), 7) > 10);
      }
      return measured.at("d_min").values();
    };
    const std::vector<double> strict = distances("strict"), autoattack = distances("autoattack_standard");
    const Tensor exact =
        fixture::exact_distance(net, std::string(norm) == "l2" ? attacks::Norm::l2 : attacks::Norm::linf);
    for (std::size_t i = 0; i < strict.size(); ++i) {
      CHECK(autoattack[i] <= strict[i] + 1e-6);
      CHECK(autoattack[i] >= exact[static_cast<std::int64_t>(i)].item<double>() * (1 - 1e-4));
    }
  }
}
