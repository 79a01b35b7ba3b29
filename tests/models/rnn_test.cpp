// SPDX-License-Identifier: MIT
// Recurrent networks that read images row by row, held against the recurrence written out.
#include <catch2/catch.hpp>
#include <map>

#include "eigensweep/models/model.hpp"
#include "finite_differences.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

/// Two channels of 3 rows with 4 numbers each.
const study::DatasetInfo two_channels{100, 100, {2, 3, 4}, 5};

std::unique_ptr<Model> rnn(const char* layer, const Json& more = Json::object(),
                           const std::vector<std::uint64_t>& seeds = {4, 9}) {
  Json chosen{{"kind", "rnn"},  {"width", 12},   {"activation", "relu"},
              {"layer", layer}, {"ei_ratio", 3}, {"precision", "float64"}};
  chosen.update(more);
  return make_model(resolved(study::Family::model, chosen), two_channels, seeds, torch::kCPU);
}

Tensor samples() {
  torch::manual_seed(2);
  return torch::rand({6, 24});
}

}  // namespace

TEST_CASE("an rnn's states and logits are those of the recurrence, row by row, of every layer type") {
  for (const char* layer : {"dense", "colei", "dann", "dann_uncorrected"}) {
    const auto model = rnn(layer);
    std::map<std::string, Tensor> all;
    for (const NamedTensor& named : model->parameters()) all[named.name] = named.tensor.detach();
    const Output output = model->forward(Inputs::shared(samples(), 2), Mode::evaluate);
    REQUIRE(output.hidden.size() == 3);
    const Tensor x = samples().to(torch::kFloat64).view({6, 2, 3, 4});
    for (std::int64_t lane = 0; lane < 2; ++lane) {
      const auto part = [&](const std::string& name) { return all.at(name)[lane]; };
      const bool is_dann = all.count("0.Uei") == 1;
      const auto matrix = [&](const std::string& name) {
        return is_dann ? part(name + "ex") - part(name + "ei").matmul(part(name + "ix")) : part(name);
      };
      Tensor h = torch::zeros({12, 6}, torch::kFloat64);
      for (std::int64_t row = 0; row < 3; ++row) {
        const Tensor seen = x.select(2, row).reshape({6, 8}).t();  // both channels of the row
        h = (matrix("0.U").matmul(seen) + matrix("1.W").matmul(h) + part("1.b").unsqueeze(1)).clamp_min(0);
        INFO(layer << " row " << row);
        CHECK(torch::allclose(output.hidden[static_cast<std::size_t>(row)][lane], h, 1e-10, 1e-12));
      }
      if (is_dann) {
        const Tensor inhibition = part("2.Wix").matmul(h);
        const Tensor gamma = (part("2.alpha").exp().unsqueeze(0) * part("2.Wei")).matmul(inhibition) + 1e-8;
        h = part("2.g").unsqueeze(1) * (part("2.Wex").matmul(h) - part("2.Wei").matmul(inhibition)) / gamma +
            part("2.b").unsqueeze(1);
      } else {
        h = part("2.weight").matmul(h) + part("2.bias").unsqueeze(1);
      }
      CHECK(torch::allclose(output.logits[lane], h, 1e-10, 1e-12));
    }
  }
}

TEST_CASE("an rnn's derivatives are finite differences, in its inputs and in every tensor") {
  for (const char* layer : {"dense", "colei", "dann"}) {
    const auto model = rnn(layer);
    torch::manual_seed(3);
    INFO(layer);
    check_derivatives(*model, samples().to(torch::kFloat64).repeat({2, 1, 1}), 5);
  }
}

TEST_CASE("a new rnn by Dale's law keeps the signs that its tensors declare, alone as in a pack") {
  for (const char* layer : {"colei", "dann"}) {
    const auto alone = rnn(layer, Json::object(), {9}), pack = rnn(layer, Json::object(), {4, 9, 2});
    for (std::size_t i = 0; i < alone->parameters().size(); ++i) {
      const NamedTensor& named = alone->parameters()[i];
      CHECK(torch::equal(pack->parameters()[i].tensor[1], named.tensor[0]));
      if (named.signs.defined()) CHECK((named.tensor.detach() * named.signs >= 0).all().item<bool>());
    }
  }
  const auto signs_of = [](const char* name) {
    const auto model = rnn("colei");
    for (const NamedTensor& named : model->parameters()) {
      if (named.name == name) return named.signs.flatten();
    }
    return Tensor();
  };
  CHECK(signs_of("0.U").gt(0).all().item<bool>());
  CHECK(signs_of("1.W").lt(0).sum().item<std::int64_t>() == 3);  // of 12 units, at 3 to 1
  CHECK(signs_of("2.weight").lt(0).sum().item<std::int64_t>() == 3);
}

TEST_CASE("silent units of an rnn are silent at every step, and its effective weights are what it multiplies by") {
  const torch::NoGradGuard no_gradients;
  for (const char* layer : {"dense", "dann"}) {
    const auto model = rnn(layer);
    const std::vector<HiddenUnits> units = model->hidden_units();
    REQUIRE(units.front().count == 12);
    CHECK(units.size() == (std::string(layer) == "dann" ? 3 : 1));
    for (const HiddenUnits::Part& part : units.front().parts) part.tensor.select(part.dimension, 7).zero_();
    const Output output = model->forward(Inputs::shared(samples(), 2), Mode::evaluate);
    for (const Tensor& state : output.hidden) {
      CHECK(state.select(1, 7).eq(0).all().item<bool>());
      CHECK(state.gt(0).any().item<bool>());
    }
    const std::vector<SignedWeights> weights = model->signed_weights();
    REQUIRE(weights.size() == 3);
    CHECK(weights[0].effective().sizes() == std::vector<std::int64_t>{2, 12, 8});
    CHECK(weights[1].effective().sizes() == std::vector<std::int64_t>{2, 12, 12});
    const Tensor first = weights[0].effective().matmul(
        samples().to(torch::kFloat64).view({6, 2, 3, 4}).select(2, 0).reshape({6, 8}).t());
    CHECK(torch::allclose(
        output.hidden[0],
        (first + model->parameters()[std::string(layer) == "dann" ? 6 : 2].tensor.unsqueeze(2)).clamp_min(0), 1e-10,
        1e-12));
  }
}
