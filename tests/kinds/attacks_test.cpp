// SPDX-License-Identifier: MIT
// What holds for every row of the table of attacks.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"
#include "loaded.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

const std::vector<double> intensities{0.0, 0.02, 0.3};

/// Whether two tensors have the same bits: -0 is not 0.
bool is_same(const Tensor& a, const Tensor& b) {
  return torch::equal(a.contiguous().view(torch::kInt32), b.contiguous().view(torch::kInt32));
}

Json options_of(const study::Kind& kind) { return resolved(study::Family::attack, kind.name, {{"samples", 0}}); }

std::vector<const study::Kind*> all_attacks() {
  std::vector<const study::Kind*> all;
  for (const study::Kind& kind : catalog().all()) {
    if (kind.family == study::Family::attack) all.push_back(&kind);
  }
  return all;
}

}  // namespace

TEST_CASE("every attack returns its inputs bit for bit at intensity 0, and stays in the box and in its ball") {
  torch::manual_seed(1);
  const Tensor x = torch::rand({20, 6});
  const Tensor labels = torch::arange(20).remainder(3);
  ToyNetwork model = ToyNetwork::random(2, {6, 5, 3}, 2);
  for (const study::Kind* kind : all_attacks()) {
    INFO(kind->name);
    // Shifts are whole pixels, and rotations whole degrees.
    const double scale = kind->intensity == "shift" || kind->intensity == "angle" ? 100 : 1;
    std::vector<double> strengths;
    for (const double intensity : intensities) strengths.push_back(scale * intensity);
    const std::vector<Tensor> perturbed = fixture::perturb(model, x, labels, kind->name, options_of(*kind), strengths);
    CHECK(is_same(perturbed[0], x.expand({2, 20, 6})));
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      CHECK(perturbed[i].sizes() == torch::IntArrayRef({2, 20, 6}));
      CHECK(perturbed[i].min().item<float>() >= 0.0F);
      CHECK(perturbed[i].max().item<float>() <= 1.0F);
      const double moved = (perturbed[i] - x).abs().max().item<double>();
      // The grey image moves a sample only where its ball holds it.
      const bool changes_network = kind->options.find("draws") != nullptr;
      if (kind->name != "grey_image" || i == 0) CHECK((moved > 0) == (i > 0 && !changes_network));
      // An intensity that is called so is the radius of a ball in the maximum norm; noise has none.
      if (kind->intensity == "epsilon") CHECK(moved <= intensities[i] * (1 + 1e-6) + 1e-7);
    }
  }
}

TEST_CASE("under every attack a network with a NaN weight has a reason and no number, and its neighbour its own") {
  const data::DeviceDataset set(loaded({{"kind", "checkerboard"}, {"train_samples", 2}, {"test_samples", 30}}),
                                torch::kCPU);
  for (const study::Kind* kind : all_attacks()) {
    INFO(kind->name);
    ToyNetwork model = ToyNetwork::random(2, {2, 5, 2}, 3);
    const auto attacked = [&] {
      return attacks::evaluate_robustness(kind->name, options_of(*kind), intensities, model, set, {1, 2});
    };
    const auto before = attacked();
    CHECK(before[0].failure.empty());
    model.parameters()[0].tensor[0][0][0] = NAN;
    const auto after = attacked();
    CHECK(after[0].failure == "of the unperturbed samples a logit is not finite");
    for (const auto& values : {after[0].at("robust_accuracy").values(), after[0].at("robust_loss").values()}) {
      CHECK(values.size() == intensities.size());
      CHECK(std::all_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }));
    }
    CHECK(std::isnan(after[0].at("clean_accuracy").values()[0]));
    CHECK(std::isnan(after[0].at("clean_loss").values()[0]));
    CHECK(after[1].failure.empty());
    CHECK(after[1].at("robust_accuracy").values() == before[1].at("robust_accuracy").values());
    CHECK(after[1].at("robust_loss").values() == before[1].at("robust_loss").values());
  }
}
