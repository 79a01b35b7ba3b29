// SPDX-License-Identifier: MIT
// Constraints keep weights in their set; the bound on norms is held against torch::renorm.
#include <catch2/catch.hpp>

#include "eigensweep/constraints/constraint.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/training/trainer.hpp"
#include "loaded.hpp"

using namespace eigensweep;
using models::Place;
using torch::Tensor;

namespace {

const study::DatasetInfo images{100, 100, {1, 10, 10}, 5};

std::unique_ptr<models::Model> network(const Json& chosen, const std::vector<std::uint64_t>& seeds = {1, 2}) {
  return models::make_model(resolved(study::Family::model, chosen), images, seeds, torch::kCPU);
}

std::unique_ptr<constraints::Constraint> max_norm(const std::vector<double>& norms) {
  std::vector<Json> lanes;
  for (const double norm : norms) {
    lanes.push_back(resolved(study::Family::constraint, {{"kind", "max_norm"}, {"norm", norm}}));
  }
  return constraints::make_constraint(lanes);
}

bool is_hidden(const models::NamedTensor& named) {
  return named.place == Place::input_weight || named.place == Place::hidden_weight;
}

Json small_training(double norm, std::uint64_t seed) {
  Json chosen{{"model", {{"kind", "mlp"}, {"width", 16}, {"depth", 2}}},
              {"training",
               {{"epochs", 2},
                {"batch_size", 64},
                {"optimizer", {{"kind", "sgd"}, {"learning_rate", 1.0}, {"momentum", 0.9}}}}},
              {"seed", seed}};
  if (norm > 0) chosen["constraints"]["bound"] = {{"kind", "max_norm"}, {"norm", norm}};
  return resolved_config(chosen);
}

const data::DeviceDataset& digits() {
  static const data::DeviceDataset set(loaded({{"kind", "mnist"}, {"train_samples", 300}, {"test_samples", 10}}),
                                       torch::kCPU);
  return set;
}

}  // namespace

TEST_CASE("incoming weights of hidden units are scaled onto their ball, as torch's renorm does, and nothing else") {
  for (const Json& kind : {Json{{"kind", "mlp"}, {"width", 8}, {"depth", 2}},
                           Json{{"kind", "cnn"}, {"width", 8}, {"depth", 1}, {"channels", 3}}}) {
    const auto model = network(kind);
    const torch::NoGradGuard no_gradients;
    for (auto& named : model->parameters()) named.tensor.mul_(2);
    std::vector<Tensor> before;
    for (const auto& named : model->parameters()) before.push_back(named.tensor.detach().clone());
    const std::vector<double> norms{0.5, 1.2};
    const auto constraint = max_norm(norms);
    constraint->begin(*model);
    for (std::size_t i = 0; i < before.size(); ++i) {
      const models::NamedTensor& named = model->parameters()[i];
      for (std::int64_t lane = 0; lane < 2; ++lane) {
        INFO(kind.at("kind") << " " << named.name << " of lane " << lane);
        const Tensor old = before[i][lane];
        const Tensor wanted = is_hidden(named) ? old.renorm(2, 0, norms[static_cast<std::size_t>(lane)]) : old;
        CHECK(torch::allclose(named.tensor[lane], wanted, 1e-5, 1e-7));
        if (!is_hidden(named)) CHECK(torch::equal(named.tensor[lane], old));
      }
    }
    CHECK(constraint->violation(*model).max().item<double>() < 1e-6);
  }
}

TEST_CASE("weights inside the ball stay as they are to the last bit") {
  const auto model = network({{"kind", "mlp"}, {"width", 8}});
  const Tensor before = model->parameters()[0].tensor.detach().clone();
  max_norm({100, 100})->begin(*model);
  CHECK(torch::equal(model->parameters()[0].tensor, before));
}

TEST_CASE("the bound is on the weights that the network uses, whatever its parametrisation") {
  const Json kind{{"kind", "mlp"}, {"width", 50}, {"parametrisation", "ntk"}, {"weight_variance", 4.0}};
  const auto model = network(kind);
  const auto constraint = max_norm({1, 1});
  // An input unit has 100 weights of variance 4 / 100: their norm is about 2.
  CHECK(constraint->violation(*model).min().item<double>() == Approx(1.4).margin(0.4));
  constraint->begin(*model);
  const double factor = std::sqrt(4.0 / 100.0);
  const Tensor norms = model->parameters()[0].tensor.detach().flatten(2).norm(2, 2) * factor;
  CHECK(torch::allclose(norms, torch::ones_like(norms), 1e-5));
}

TEST_CASE("training stays in the set from its first step to its last, lane by lane") {
  const std::vector<Json> configs{small_training(0.3, 1), small_training(0.6, 1)};
  training::Trainer trainer(configs, digits(), torch::kCPU);
  const auto constraint = max_norm({0.3, 0.6});
  training::Hooks hooks;
  std::int64_t seen = 0;
  hooks.trace = [&](std::int64_t, std::int64_t, const training::StepResult*) {
    CHECK(constraint->violation(trainer.model()).max().item<double>() < 1e-6);
    ++seen;
  };
  REQUIRE(trainer.run(hooks));
  CHECK(seen == 11);
  CHECK(trainer.remarks().empty());
  training::Trainer free({small_training(0, 1), small_training(0, 2)}, digits(), torch::kCPU);
  REQUIRE(free.run({}));
  CHECK(constraint->violation(free.model()).min().item<double>() > 1);
}

TEST_CASE("a network in a pack is bounded as it is alone") {
  training::Trainer pack({small_training(0.3, 1), small_training(0.6, 2)}, digits(), torch::kCPU);
  training::Trainer alone({small_training(0.6, 2)}, digits(), torch::kCPU);
  REQUIRE((pack.run({}) && alone.run({})));
  for (std::size_t i = 0; i < alone.model().parameters().size(); ++i) {
    CHECK(torch::allclose(pack.model().parameters()[i].tensor[1], alone.model().parameters()[i].tensor[0], 1e-3, 1e-4));
  }
}

TEST_CASE("a network outside its set when training ends is remarked on") {
  training::Trainer trainer({small_training(0.3, 1)}, digits(), torch::kCPU);
  REQUIRE(trainer.run({}));
  const torch::NoGradGuard no_gradients;
  trainer.model().parameters()[0].tensor.mul_(2);
  REQUIRE(trainer.remarks().size() == 1);
  CHECK_THAT(trainer.remarks()[0], Catch::StartsWith("bound: a network is outside of what it allows, by "));
}
