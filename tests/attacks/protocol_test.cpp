// SPDX-License-Identifier: MIT
// The named protocols: reference, strict and autoattack_standard.
#include <catch2/catch.hpp>

#include "affine.hpp"
#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"

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
