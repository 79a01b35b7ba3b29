// SPDX-License-Identifier: MIT
// Dale's law as a constraint: signs hold after every step, and gradients are corrected as Cornford et al. (2021) do.
#include <catch2/catch.hpp>

#include "eigensweep/constraints/constraint.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/training/trainer.hpp"
#include "loaded.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

const data::DeviceDataset& few_digits() {
  static const data::DeviceDataset set(loaded({{"kind", "mnist"}, {"train_samples", 300}, {"test_samples", 10}}),
                                       torch::kCPU);
  return set;
}

Json dale(const char* layer, const Json& optimizer, std::uint64_t seed = 1) {
  return resolved_config(
      {{"model", {{"kind", "mlp"}, {"width", 20}, {"depth", 2}, {"activation", "relu"}, {"layer", layer}}},
       {"training", {{"epochs", 2}, {"batch_size", 50}, {"optimizer", optimizer}}},
       {"seed", seed}});
}

std::int64_t wrong_signs(models::Model& model) {
  std::int64_t count = 0;
  for (const models::NamedTensor& named : model.parameters()) {
    if (named.signs.defined()) count += (named.tensor.detach() * named.signs < 0).sum().item<std::int64_t>();
  }
  return count;
}

std::int64_t zeros(models::Model& model) {
  std::int64_t count = 0;
  for (const models::NamedTensor& named : model.parameters()) {
    if (named.signs.defined()) count += named.tensor.detach().eq(0).sum().item<std::int64_t>();
  }
  return count;
}

}  // namespace

TEST_CASE("no weight has the wrong sign after any step, by whatever optimizer and beside whatever constraint") {
  for (const char* layer : {"colei", "dann", "dann_uncorrected"}) {
    for (const Json& optimizer :
         {Json{{"kind", "sgd"}, {"learning_rate", 0.1}, {"momentum", 0.9}}, Json{{"kind", "adam"}}}) {
      Json config = dale(layer, optimizer), other = dale(layer, optimizer, 2);
      config["constraints"]["bound"] = resolved(study::Family::constraint, {{"kind", "max_norm"}, {"norm", 2}});
      other["constraints"] = config["constraints"];
      training::Trainer trainer({config, other}, few_digits(), torch::kCPU);
      CHECK(zeros(trainer.model()) == 0);
      int steps = 0;
      training::Hooks hooks;
      hooks.trace = [&](std::int64_t, std::int64_t, const training::StepResult*) {
        ++steps;
        CHECK(wrong_signs(trainer.model()) == 0);
      };
      REQUIRE(trainer.run(hooks));
      INFO(layer);
      CHECK(steps == 13);
      CHECK(zeros(trainer.model()) > 0);  // steps did reach the bound
      CHECK(trainer.remarks().empty());
    }
  }
}

TEST_CASE("a weight of the wrong sign is set to 0, others stay to the last bit, and its size is the violation") {
  const auto model =
      models::make_model(dale("colei", {{"kind", "adam"}}).at("model"), few_digits().info, {1, 2}, torch::kCPU);
  const auto signs = constraints::make_signs(*model);
  REQUIRE(signs != nullptr);
  const torch::NoGradGuard no_gradients;
  Tensor weight = model->parameters()[2].tensor;  // of the second layer
  const Tensor before = weight.clone();
  weight[1][3][0] = -0.25;  // an excitatory column
  weight[1][5][19] = 0.5;   // an inhibitory one
  CHECK(torch::allclose(signs->violation(*model), torch::tensor({0.0, 0.5}, torch::kFloat64)));
  signs->after_step(*model);
  Tensor wanted = before.clone();
  wanted[1][3][0] = 0;
  wanted[1][5][19] = 0;
  CHECK(torch::equal(weight, wanted));
  CHECK(signs->violation(*model).eq(0).all().item<bool>());
}

TEST_CASE("inhibitory gradients of a DANN are divided, and nobody else's") {
  const double inputs = 20, units = 20;
  for (const char* layer : {"dann", "dann_uncorrected"}) {
    const auto model =
        models::make_model(dale(layer, {{"kind", "sgd"}}).at("model"), few_digits().info, {1}, torch::kCPU);
    std::vector<Tensor> gradients;
    for (const models::NamedTensor& named : model->parameters())
      gradients.push_back(torch::ones_like(named.tensor.detach()));
    constraints::make_signs(*model)->after_gradients(*model, gradients);
    const bool is_corrected = std::string(layer) == "dann";
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const std::string& name = model->parameters()[i].name;
      if (!name.starts_with("2.")) continue;
      const double factor = name == "2.Wix"     ? 1 / std::sqrt(units)
                            : name == "2.Wei"   ? 1 / inputs
                            : name == "2.alpha" ? 1 / (std::sqrt(units) * inputs)
                                                : 1;
      INFO(layer << " " << name);
      CHECK(gradients[i].flatten()[0].item<double>() == Approx(is_corrected ? factor : 1));
    }
  }
}

TEST_CASE("networks without signs have no such constraint") {
  const auto model = models::make_model(resolved(study::Family::model, {{"kind", "mlp"}, {"width", 5}}),
                                        few_digits().info, {1}, torch::kCPU);
  CHECK(constraints::make_signs(*model) == nullptr);
}
