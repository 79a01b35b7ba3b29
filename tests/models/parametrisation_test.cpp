// SPDX-License-Identifier: MIT
#include "eigensweep/models/parametrisation.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/data/device_dataset.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using models::Layer;
using models::Place;
using torch::Tensor;

namespace {

Json options(const char* parametrisation, int width, const Json& more = Json::object()) {
  Json made{{"kind", "mlp"},
            {"width", width},
            {"depth", 2},
            {"activation", "relu"},
            {"parametrisation", parametrisation},
            {"weight_variance", 2},
            {"bias_variance", 0.1},
            {"base_width", 64}};
  made.update(more);
  return resolved(study::Family::model, made);
}

models::NetworkOptions read(const Json& options) { return study::read<models::NetworkOptions>(options); }

study::DatasetInfo inputs(std::int64_t size) { return {100, 100, {1, 1, size}, 3}; }

Tensor logits(models::Model& model, const Tensor& x) {
  return model.forward(models::Inputs::shared(x, model.lanes()), models::Mode::evaluate).logits;
}

}  // namespace

TEST_CASE("initial weights have the variances of their parametrisation") {
  const std::vector<std::uint64_t> seeds{1, 2};
  for (const auto& [kind, wanted] : std::vector<std::pair<const char*, std::array<double, 2>>>{
           {"standard", {2.0 / 256, 2.0 / 256}}, {"ntk", {1, 1}}, {"mup", {2.0 / 256, 2.0 / 64}}}) {
    const models::Parametrisation law(read(options(kind, 256)));
    const std::array<Layer, 2> layers{Layer::hidden, Layer::output};
    for (std::size_t i = 0; i < 2; ++i) {
      const Tensor weight = law.initial_weight(seeds, 4, layers[i], 256, {200, 256});
      INFO(kind << " layer " << i);
      CHECK(weight.sizes() == std::vector<std::int64_t>{2, 200, 256});
      CHECK(weight.var().item<double>() == Approx(wanted[i]).epsilon(0.02));  // 100,000 numbers: 0.4 %
      CHECK_FALSE(torch::equal(weight[0], weight[1]));
    }
    CHECK(law.initial_bias(seeds, 5, Layer::hidden, 256, 50000).var().item<double>() ==
          Approx(std::string(kind) == "ntk" ? 1.0 : 0.1).epsilon(0.02));
  }
  CHECK(models::Parametrisation(read(options("mup", 256))).scale(Layer::output, 256).weight_factor == 0.25);
}

TEST_CASE("standard and NTK parametrisation are one law of outputs at initialisation") {
  torch::manual_seed(1);
  const Tensor x = torch::rand({1, 30});
  std::vector<std::uint64_t> seeds(400);
  std::iota(seeds.begin(), seeds.end(), 0);
  double variance[2];
  int i = 0;
  for (const char* kind : {"standard", "ntk"}) {
    const auto model = models::make_model(options(kind, 100), inputs(30), seeds, torch::kCPU);
    variance[i++] = logits(*model, x).var().item<double>();
  }
  // The closed form for ReLU with weight variance 2: q -> q + 0.1 at every hidden layer.
  const double q = 2 * x.square().sum().item<double>() / 30 + 0.1;
  CHECK(variance[0] == Approx(q + 0.2).epsilon(0.15));
  CHECK(variance[1] == Approx(q + 0.2).epsilon(0.15));
}

TEST_CASE("a network without a width has the rates of the base width") {
  models::NetworkOptions network;
  CHECK(network.width_ratio() == 1);
  network.width.value = 2 * network.base_width;
  CHECK(network.width_ratio() == 2);
}

TEST_CASE("learning rates follow the table of muP") {
  const auto factor = [](study::Training::RateRule rule, bool is_adaptive, Place place) {
    return models::rate_factor(rule, is_adaptive, place, 4);
  };
  CHECK(factor(study::Training::RateRule::fixed, true, Place::hidden_weight) == 1);
  CHECK(factor(study::Training::RateRule::over_width, false, Place::output_bias) == 0.25);
  const std::vector<Place> places{Place::input_weight, Place::hidden_weight, Place::output_weight,
                                  Place::hidden_bias,  Place::output_bias,   Place::other};
  const std::vector<double> sgd{4, 1, 4, 4, 1, 1}, adam{1, 0.25, 1, 1, 1, 1};
  for (std::size_t i = 0; i < places.size(); ++i) {
    CHECK(factor(study::Training::RateRule::mup, false, places[i]) == sgd[i]);
    CHECK(factor(study::Training::RateRule::mup, true, places[i]) == adam[i]);
  }
}

TEST_CASE("every parameter of a network knows its place") {
  for (const auto& [kind, wanted] :
       std::map<std::string, std::vector<Place>>{{"mlp",
                                                  {Place::input_weight, Place::hidden_bias, Place::hidden_weight,
                                                   Place::hidden_bias, Place::output_weight, Place::output_bias}},
                                                 {"cnn",
                                                  {Place::input_weight, Place::hidden_bias, Place::hidden_weight,
                                                   Place::hidden_bias, Place::output_weight, Place::output_bias}}}) {
    const Json asked =
        options("ntk", 20, {{"kind", kind}, {"depth", kind == "mlp" ? 2 : 1}, {"channels", 2}, {"kernel_size", 3}});
    const auto model = models::make_model(asked, {100, 100, {1, 8, 8}, 3}, {0}, torch::kCPU);
    std::vector<Place> places;
    for (const auto& named : model->parameters()) places.push_back(named.place);
    CHECK((places == wanted));
    CHECK(logits(*model, torch::rand({5, 64})).isfinite().all().item<bool>());
  }
}

TEST_CASE("centred outputs start at 0, and outputs are a times as large") {
  torch::manual_seed(2);
  const Tensor x = torch::rand({6, 30});
  const auto plain = models::make_model(options("standard", 40), inputs(30), {5, 6}, torch::kCPU);
  const auto centred = models::make_model(options("standard", 40, {{"centre_output", true}, {"output_scale", 10}}),
                                          inputs(30), {5, 6}, torch::kCPU);
  const Tensor before = logits(*plain, x).detach();
  CHECK(logits(*centred, x).abs().max().item<double>() == 0);
  for (auto* model : {plain.get(), centred.get()}) {
    const torch::NoGradGuard no_gradients;
    for (const auto& named : model->parameters()) named.tensor.add_(0.01);
  }
  const Tensor wanted = 10 * (logits(*plain, x) - before);
  CHECK((logits(*centred, x) - wanted).abs().max().item<double>() < 1e-5);
  // Attacks differentiate the difference: the initial network has a gradient to the inputs, too.
  const Tensor leaf = x.clone().requires_grad_(true);
  const Tensor gradient = torch::autograd::grad({logits(*centred, leaf).sum()}, {leaf})[0];
  const double h = 1e-2;
  Tensor right = x.clone(), left = x.clone();
  right[0][3] += h;
  left[0][3] -= h;
  const double slope = (logits(*centred, right).sum() - logits(*centred, left).sum()).item<double>() / (2 * h);
  CHECK(gradient[0][3].item<double>() == Approx(slope).epsilon(0.05).margin(1e-2));
}
