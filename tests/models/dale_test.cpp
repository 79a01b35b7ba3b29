// SPDX-License-Identifier: MIT
// Layers by Dale's law: identities of their initial laws (derived from Cornford et al. 2021), their formula, their
// spectra, and their derivatives against finite differences.
#include <catch2/catch.hpp>
#include <map>

#include "eigensweep/models/model.hpp"
#include "finite_differences.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

Json network(const char* layer, std::int64_t width, const Json& more = Json::object()) {
  Json made{{"kind", "mlp"}, {"width", width}, {"depth", 2}, {"activation", "relu"}, {"layer", layer}};
  made.update(more);
  return resolved(study::Family::model, made);
}

std::unique_ptr<Model> made(const Json& options, std::int64_t inputs, const std::vector<std::uint64_t>& seeds = {1},
                            std::int64_t classes = 10) {
  return make_model(options, {100, 100, {1, 1, inputs}, classes}, seeds, torch::kCPU);
}

std::map<std::string, Tensor> tensors(Model& model) {
  std::map<std::string, Tensor> found;
  for (const NamedTensor& named : model.parameters()) found[named.name] = named.tensor.detach().to(torch::kFloat64);
  return found;
}

/// Rectified standard normal numbers [n, samples], which the initial laws are made for.
Tensor activities(std::int64_t units, std::int64_t samples) {
  torch::manual_seed(5);
  return torch::randn({units, samples}, torch::kFloat64).clamp_min(0);
}

double ratio_of_first_two(const Tensor& weights) {
  const Tensor values = torch::linalg_svdvals(weights.to(torch::kFloat64));
  return (values[0] / values[1]).item<double>();
}

}  // namespace

TEST_CASE("the excitation of a new DANN layer has the variance 1, and what divides it the mean 1") {
  const auto model = made(network("dann", 1000, {{"inhibitory_units", 100}}), 784);
  const auto layer = tensors(*model);
  const Tensor x = activities(1000, 500);
  const Tensor excitation = layer.at("2.Wex")[0].matmul(x);
  CHECK(excitation.std().item<double>() == Approx(1).epsilon(0.02));
  const Tensor of_inhibitory = layer.at("2.Wix")[0].matmul(x);
  CHECK(layer.at("2.Wix").sizes() == std::vector<std::int64_t>{1, 100, 1000});
  const Tensor gamma = (layer.at("2.alpha")[0].exp() * layer.at("2.Wei")[0]).matmul(of_inhibitory);
  CHECK(gamma.mean().item<double>() == Approx(1).epsilon(0.02));
  // Means of excitation and inhibition are equal, so their difference has the mean 0.
  CHECK((excitation - layer.at("2.Wei")[0].matmul(of_inhibitory)).mean().item<double>() == Approx(0).margin(0.02));
  CHECK(layer.at("2.g").eq(1).all().item<bool>());
  CHECK(layer.at("2.b").eq(0).all().item<bool>());
  // The first layer reads pixels.
  CHECK(layer.at("0.Wex").mean().item<double>() == Approx(std::sqrt(1 / (2 * 784.0))).epsilon(0.01));
}

TEST_CASE("the single inhibitory unit of a new DANN readout subtracts the mean over the classes") {
  const auto model = made(network("dann", 40, {{"precision", "float64"}}), 30);
  CHECK(tensors(*model).at("4.Wix").sizes() == std::vector<std::int64_t>{1, 1, 40});
  const Tensor x = activities(20, 30).to(torch::kFloat32);
  const Tensor logits = model->forward(Inputs::shared(x, 1), Mode::evaluate).logits;
  CHECK(logits.abs().max().item<double>() > 0.1);
  CHECK(logits.sum(1).abs().max().item<double>() < 1e-5);  // its weights are the mean in float32
}

TEST_CASE("a new ColEI layer gives its units inputs of mean 0 and variance 1 at every ratio") {
  for (const double ratio : {1.0, 4.0, 10.0}) {
    const auto model = made(network("colei", 1000, {{"ei_ratio", ratio}}), 784);
    const Tensor weight = tensors(*model).at("2.weight")[0];
    const auto inhibitory = static_cast<std::int64_t>(std::ceil(1000 / (ratio + 1)));
    CHECK((weight.narrow(1, 0, 1000 - inhibitory) >= 0).all().item<bool>());
    CHECK((weight.narrow(1, 1000 - inhibitory, inhibitory) <= 0).all().item<bool>());
    const Tensor z = weight.matmul(activities(1000, 500));
    INFO("ratio " << ratio);
    CHECK(z.mean().item<double>() == Approx(0).margin(0.03));
    CHECK(z.std().item<double>() == Approx(1).epsilon(0.03));
  }
}

TEST_CASE("the biases of a new ColEI layer cancel the mean of the pixels") {
  const auto model = made(network("colei", 300), 400);
  torch::manual_seed(2);
  const Tensor images = torch::rand({200, 400});
  model->fit_inputs(images);
  const auto layer = tensors(*model);
  CHECK((layer.at("0.weight") >= 0).all().item<bool>());
  const double mean = images.to(torch::kFloat64).mean().item<double>();
  CHECK(layer.at("0.bias")[0][7].item<double>() == Approx(-std::sqrt(400.0) * mean).epsilon(1e-6));
  CHECK(layer.at("0.bias").std().item<double>() == Approx(0).margin(1e-7));
  const Tensor z = layer.at("0.weight")[0].matmul(images.to(torch::kFloat64).t()) + layer.at("0.bias")[0].unsqueeze(1);
  CHECK(z.mean().item<double>() == Approx(0).margin(0.05));
}

TEST_CASE("at the start one direction outweighs all others with ColEI, not with DANN") {
  CHECK(ratio_of_first_two(made(network("dann", 500), 784)->signed_weights()[1].effective()[0]) < 3);
  CHECK(ratio_of_first_two(made(network("colei", 500), 784)->signed_weights()[1].effective()[0]) > 5);
  const Json he{{"weight_variance", 2}};
  CHECK(ratio_of_first_two(made(network("dense", 500, he), 784)->signed_weights()[1].effective()[0]) < 1.1);
}

TEST_CASE("a DANN's outputs are those of its formula") {
  const auto model =
      made(network("dann_uncorrected", 12, {{"inhibitory_units", 3}, {"precision", "float64"}}), 8, {4, 9});
  const torch::NoGradGuard no_gradients;
  torch::manual_seed(1);
  for (const NamedTensor& named : model->parameters()) named.tensor.mul_(torch::rand_like(named.tensor) + 0.5);
  const Tensor x = torch::rand({6, 8});
  const Output output = model->forward(Inputs::shared(x, 2), Mode::evaluate);
  REQUIRE(output.hidden.size() == 2);
  const auto all = tensors(*model);
  for (std::int64_t lane = 0; lane < 2; ++lane) {
    Tensor h = x.t().to(torch::kFloat64);
    for (int place = 0; place <= 4; place += 2) {
      const auto part = [&](const char* name) { return all.at(fmt::format("{}.{}", place, name))[lane]; };
      const Tensor inhibitory = part("Wix").matmul(h);
      const Tensor gamma = (part("alpha").exp().unsqueeze(0) * part("Wei")).matmul(inhibitory) + 1e-8;
      h = part("g").unsqueeze(1) * (part("Wex").matmul(h) - part("Wei").matmul(inhibitory)) / gamma +
          part("b").unsqueeze(1);
      if (place < 4) {
        h = h.clamp_min(0);
        CHECK(torch::allclose(output.hidden[static_cast<std::size_t>(place / 2)][lane], h, 1e-10, 1e-12));
      }
    }
    CHECK(torch::allclose(output.logits[lane], h, 1e-10, 1e-12));
  }
}

TEST_CASE("a DANN's derivatives are finite differences") {
  const auto model = made(network("dann", 12, {{"inhibitory_units", 3}, {"precision", "float64"}}), 8, {4, 9});
  torch::manual_seed(3);
  check_derivatives(*model, torch::rand({2, 6, 8}, torch::kFloat64), 10);
}

TEST_CASE("a seed's network by Dale's law does not depend on its neighbours in a pack") {
  for (const char* layer : {"colei", "dann"}) {
    const auto alone = made(network(layer, 20), 15, {6});
    const auto pack = made(network(layer, 20), 15, {3, 6, 8});
    for (std::size_t i = 0; i < alone->parameters().size(); ++i) {
      CHECK(torch::equal(pack->parameters()[i].tensor[1], alone->parameters()[i].tensor[0]));
    }
  }
}

TEST_CASE("inhibitory units follow from the ratio, or are given") {
  const auto count = [](const Json& options) {
    const auto model = made(options, 15);
    return tensors(*model).at("2.Wix").size(1);
  };
  CHECK(count(network("dann", 500)) == 50);
  CHECK(count(network("dann", 128)) == 13);
  CHECK(count(network("dann", 4)) == 1);
  CHECK(count(network("dann", 128, {{"ei_ratio", 4}})) == 32);
  CHECK(count(network("dann", 128, {{"inhibitory_units", 5}})) == 5);
}
