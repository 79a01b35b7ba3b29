// SPDX-License-Identifier: MIT
// Synaptic noise and deleted units: changes of the network, not of its inputs.
#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/attacks/evaluate.hpp"
#include "fixture.hpp"
#include "loaded.hpp"
#include "network_change.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

Json change_options(const std::string& kind, int draws = 1) {
  return resolved(study::Family::attack, kind, {{"draws", draws}});
}

/// Networks as training makes them, of one model section, and images for them.
struct Trained {
  data::DeviceDataset set = digits(60);
  std::unique_ptr<models::Model> model;

  explicit Trained(const Json& section, const std::vector<std::uint64_t>& seeds = {1, 2}) {
    const Json config = resolved_config({{"model", section}});
    model = models::make_model(config.at("model"), set.info, seeds, torch::kCPU);
  }

  [[nodiscard]] std::vector<Tensor> parameters() const {
    std::vector<Tensor> copies;
    for (const models::NamedTensor& named : model->parameters()) copies.push_back(named.tensor.detach().clone());
    return copies;
  }
};

/// What `look` sees of the network at each visit.
void visit_each(Trained& trained, const std::string& kind, const Json& options, const std::vector<double>& intensities,
                std::vector<std::uint64_t> seeds, const std::function<void(std::size_t)>& look) {
  const torch::NoGradGuard no_gradients;
  const Tensor inputs = data::to_inputs(trained.set.test_images.slice(0, 0, 20));
  std::vector<std::int64_t> samples(20);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::int64_t>(i);
  attacks::Problem problem{*trained.model, inputs, trained.set.test_labels.slice(0, 0, 20), samples, std::move(seeds)};
  attacks::make_attack(kind, options)->perturb(problem, intensities, [&](std::size_t intensity, const Tensor& seen) {
    CHECK(torch::equal(seen, inputs.expand_as(seen)));
    look(intensity);
  });
}

std::vector<Tensor> hidden_of(Trained& trained) {
  const Tensor inputs = data::to_inputs(trained.set.test_images.slice(0, 0, 20));
  return trained.model->forward(models::Inputs::shared(inputs, trained.model->lanes()), models::Mode::evaluate).hidden;
}

/// [E, N]: whether a unit's (channel's) outputs are all 0.
Tensor silent(const Tensor& hidden, std::int64_t units) {
  return hidden.reshape({hidden.size(0), units, -1}).eq(0).all(2);
}

}  // namespace

TEST_CASE("a share of the units of every hidden layer is silent, larger shares silence those of smaller ones too") {
  const std::vector<double> shares{0, 0.1, 0.5, 1};
  const std::vector<std::pair<Json, std::vector<std::int64_t>>> networks{
      {{{"kind", "mlp"}, {"width", 30}, {"depth", 2}}, {30, 30}},
      {{{"kind", "mlp"}, {"width", 30}, {"depth", 2}, {"batch_norm", true}}, {30, 30}},
      {{{"kind", "cnn"}, {"channels", 10}, {"depth", 2}}, {10, 20}},
  };
  for (const auto& [section, units] : networks) {
    INFO(section.dump());
    Trained trained(section);
    const std::vector<Tensor> before = trained.parameters();
    std::vector<std::vector<Tensor>> seen(shares.size());
    visit_each(trained, "unit_deletion", change_options("unit_deletion"), shares, {1, 2},
               [&](std::size_t i) { seen[i] = hidden_of(trained); });
    for (std::size_t layer = 0; layer < units.size(); ++layer) {
      REQUIRE(seen[0].size() >= units.size());
      for (std::size_t i = 0; i < shares.size(); ++i) {
        const Tensor gone = silent(seen[i][layer], units[layer]);
        const auto wanted = std::llround(shares[i] * static_cast<double>(units[layer]));
        for (std::int64_t lane = 0; lane < 2; ++lane) CHECK(gone[lane].sum().item<std::int64_t>() == wanted);
        if (i == 0) continue;
        CHECK(silent(seen[i - 1][layer], units[layer]).logical_and(gone.logical_not()).sum().item<std::int64_t>() == 0);
      }
      // Lanes lose other units.
      CHECK_FALSE(torch::equal(silent(seen[2][layer], units[layer])[0], silent(seen[2][layer], units[layer])[1]));
    }
    // Those that are left in the first layer are as they were.
    const Tensor left = silent(seen[2][0], units[0]).logical_not();
    const auto per_unit = [&](const Tensor& hidden) { return hidden.reshape({2, units[0], -1}); };
    CHECK(torch::equal(per_unit(seen[2][0]).index({left}), per_unit(seen[0][0]).index({left})));
    std::size_t i = 0;
    for (const Tensor& now : trained.parameters()) CHECK(torch::equal(now, before[i++]));
  }
}

TEST_CASE("excitatory or inhibitory units alone are deleted, of columns and of units beside the layer") {
  const auto dale = [](const char* layer) {
    return Json{{"kind", "mlp"},        {"width", 30},    {"depth", 2},
                {"activation", "relu"}, {"layer", layer}, {"ei_ratio", 4}};
  };
  const auto options = [](const char* units) {
    return resolved(study::Family::attack, "unit_deletion", {{"draws", 1}, {"units", units}});
  };
  const std::vector<double> shares{0.5, 1};
  {
    // 24 units excite, 6 inhibit: ceil(30 / 5).
    Trained colei(dale("colei"));
    for (const auto& [units, first, among] : std::vector<std::tuple<const char*, std::int64_t, std::int64_t>>{
             {"excitatory", 0, 24}, {"inhibitory", 24, 6}}) {
      INFO(units);
      std::vector<Tensor> gone;
      // A unit may be silent by itself: its weights say whether it is deleted.
      visit_each(colei, "unit_deletion", options(units), shares, {1, 2},
                 [&](std::size_t) { gone.push_back(colei.parameters()[2].eq(0).all(2)); });
      for (std::size_t i = 0; i < shares.size(); ++i) {
        const auto wanted = static_cast<std::int64_t>(shares[i] * static_cast<double>(among));
        CHECK(gone[i].narrow(1, first, among).sum(1).eq(wanted).all().item<bool>());
        CHECK(gone[i].sum(1).eq(wanted).all().item<bool>());
      }
      CHECK(gone[0].logical_and(gone[1].logical_not()).sum().item<std::int64_t>() == 0);
    }
  }
  Trained dann(dale("dann"));  // 30 units excite, 8 beside them inhibit
  const std::vector<Tensor> before = dann.parameters();
  const auto look = [&](const char* units) {
    std::vector<Tensor> seen;
    visit_each(dann, "unit_deletion", options(units), {0.5}, {1, 2}, [&](std::size_t) { seen = dann.parameters(); });
    return seen;
  };
  const std::vector<Tensor> without_excitatory = look("excitatory"), without_inhibitory = look("inhibitory");
  const std::vector<Tensor> without_both = look("all");
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const std::size_t inhibition = 6 * layer + 2, gain = 6 * layer + 4;  // Wei and g
    CHECK(without_excitatory[gain].eq(0).sum(1).eq(15).all().item<bool>());
    CHECK(torch::equal(without_excitatory[inhibition], before[inhibition]));
    CHECK(without_inhibitory[inhibition].eq(0).all(1).sum(1).eq(4).all().item<bool>());
    CHECK(torch::equal(without_inhibitory[gain], before[gain]));
    CHECK(torch::equal(without_both[gain], without_excitatory[gain]));
    CHECK(torch::equal(without_both[inhibition], without_inhibitory[inhibition]));
  }
  for (std::size_t i = 12; i < before.size(); ++i) CHECK(torch::equal(without_both[i], before[i]));  // the readout
}

TEST_CASE("synaptic noise is one standard normal number per weight, scaled; biases stay, and all comes back") {
  Trained trained({{"kind", "mlp"}, {"width", 200}, {"depth", 2}});
  const std::vector<Tensor> before = trained.parameters();
  std::vector<std::vector<Tensor>> noisy(3);
  visit_each(trained, "synaptic_noise", change_options("synaptic_noise"), {0, 0.1, 0.3}, {1, 2},
             [&](std::size_t i) { noisy[i] = trained.parameters(); });
  std::vector<Tensor> draws;
  for (std::size_t k = 0; k < before.size(); ++k) {
    CHECK(torch::equal(noisy[0][k], before[k]));
    if (before[k].dim() == 2) {
      CHECK(torch::equal(noisy[2][k], before[k]));
      continue;
    }
    const Tensor z = (noisy[1][k].to(torch::kFloat64) / before[k].to(torch::kFloat64) - 1) / 0.1;
    CHECK(torch::allclose(noisy[2][k], before[k] * (1 + 0.3 * z).to(torch::kFloat32), 1e-5, 1e-7));
    draws.push_back(z.flatten());
  }
  const Tensor all = torch::cat(draws);
  const double root = std::sqrt(static_cast<double>(all.numel()));
  CHECK(std::abs(all.mean().item<double>()) < 4 / root);
  CHECK(std::abs(all.square().mean().item<double>() - 1) < 4 * std::sqrt(2.0) / root);
  // No two layers, lanes or rows have the same numbers.
  CHECK(std::get<0>(torch::_unique(all.mul(1e6).round())).numel() > all.numel() * 0.9);
  const std::vector<Tensor> after = trained.parameters();
  for (std::size_t k = 0; k < before.size(); ++k) CHECK(torch::equal(after[k], before[k]));
}

TEST_CASE("results are means over draws, the same alone and side by side, and for every batch") {
  for (const char* kind : {"synaptic_noise", "unit_deletion"}) {
    INFO(kind);
    Trained both({{"kind", "mlp"}, {"width", 20}}), alone({{"kind", "mlp"}, {"width", 20}}, {2});
    const std::vector<double> intensities{0, 0.4};
    const auto accuracy = [&](Trained& trained, std::vector<std::uint64_t> seeds, std::size_t lane, int draws,
                              std::int64_t batch) {
      return attacks::evaluate_robustness(kind, change_options(kind, draws), intensities, *trained.model, trained.set,
                                          seeds, batch)[lane]
          .at("robust_accuracy")
          .values();
    };
    const std::vector<double> side_by_side = accuracy(both, {1, 2}, 1, 5, 0);
    CHECK(accuracy(alone, {2}, 0, 5, 0) == side_by_side);
    CHECK(accuracy(both, {1, 2}, 1, 5, 7)[1] == Approx(side_by_side[1]));
    double mean = 0;
    std::size_t visits = 0;
    const Tensor labels = both.set.test_labels.slice(0, 0, 20);
    visit_each(both, kind, change_options(kind, 5), {0.4}, {1, 2}, [&](std::size_t) {
      const Tensor inputs = data::to_inputs(both.set.test_images.slice(0, 0, 20));
      const Tensor logits = both.model->forward(models::Inputs::shared(inputs, 2), models::Mode::evaluate).logits[1];
      mean += logits.argmax(0).eq(labels).to(torch::kFloat64).mean().item<double>() / 5;
      ++visits;
    });
    CHECK(visits == 5);
    both.set.test_images = both.set.test_images.slice(0, 0, 20);
    both.set.test_labels = labels;
    CHECK(accuracy(both, {1, 2}, 1, 5, 0)[1] == Approx(mean));
  }
}

TEST_CASE("networks without weights or units of their own are refused") {
  const auto complaint = [](const std::string& kind, const Json& model) -> std::string {
    const Json config = resolved_config(
        {{"model", model}, {"training", {{"loss", "mse"}, {"optimizer", {{"kind", "sgd"}, {"momentum", 0}}}}}});
    return catalog().find(study::Family::attack, kind)->refuse(change_options(kind), config);
  };
  const Json infinite{
      {"kind", "mlp"}, {"width", "inf"}, {"parametrisation", "ntk"}, {"weight_variance", 2.0}, {"centre_output", true}};
  for (const char* kind : {"synaptic_noise", "unit_deletion"}) {
    CHECK(complaint(kind, infinite) ==
          "a network of infinite width has no weights or units to change; leave this out, or exclude that width");
    CHECK(complaint(kind, {{"kind", "mlp"}, {"width", 20}}).empty());
  }
  const Json whitened{{"kind", "mlp"}, {"width", 20}, {"whiten", 1}};
  CHECK(complaint("unit_deletion", whitened) ==
        "a whitened layer mixes its units, so that none can be deleted alone; leave this out, or exclude whiten");
  CHECK(complaint("synaptic_noise", whitened).empty());
}
