// SPDX-License-Identifier: MIT
// Matrices whose singular values are known.
#include "measuring.hpp"

namespace {

/// Dense layers of these weights, without biases.
ToyNetwork with_weights(const std::vector<Tensor>& weights) {
  std::vector<std::pair<Tensor, Tensor>> layers;
  for (const Tensor& weight : weights) {
    layers.emplace_back(weight.to(torch::kFloat32), torch::zeros({weight.size(0), weight.size(1)}));
  }
  return ToyNetwork(layers, [](const Tensor& h) { return h.tanh(); });
}

metrics::Measurement weights_of(models::Model& model, std::size_t lane = 0) {
  return measure("weights", resolved(study::Family::metric, "weights", Json::object()), model, digits(20))[lane];
}

}  // namespace

TEST_CASE("a diagonal matrix has the sizes of its entries as singular values") {
  const Tensor diagonal = torch::tensor({3.0, -2.0, 1.0, 0.0}, torch::kFloat64).diag();
  const Tensor wide = torch::cat({diagonal, torch::zeros({4, 780}, torch::kFloat64)}, 1);
  ToyNetwork model = with_weights({wide.unsqueeze(0), torch::eye(4, torch::kFloat64).unsqueeze(0)});
  const metrics::Measurement measured = weights_of(model);
  CHECK(measured.at("singular_values").shape == std::vector<std::int64_t>{2, 4});
  const std::vector<double> expected{3, 2, 1, 0, 1, 1, 1, 1};
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(measured.at("singular_values").values()[i] == Approx(expected[i]).margin(1e-12));
  CHECK(measured.at("first_to_second").values()[0] == Approx(1.5));
  CHECK(measured.at("first_to_second").values()[1] == Approx(1));
  // Shares 9, 4 and 1 of 14; four values.
  const double entropy = -(9 * std::log(9 / 14.0) + 4 * std::log(4 / 14.0) + std::log(1 / 14.0)) / 14 / std::log(4.0);
  CHECK(measured.at("singular_entropy").values()[0] == Approx(entropy));
  CHECK(measured.at("singular_entropy").values()[1] == Approx(1));
  CHECK(measured.at("zero_weights").values()[0] == Approx(1 - 3.0 / (4 * 784)));
  CHECK(measured.at("zero_weights").values()[1] == Approx(0.75));
}

TEST_CASE("a matrix of rank 1 has no entropy, and one direction outweighs all others") {
  const Tensor ones = torch::ones({1, 6, 784}, torch::kFloat64);
  ToyNetwork model = with_weights({ones, torch::ones({1, 10, 6}, torch::kFloat64)});
  const metrics::Measurement measured = weights_of(model);
  CHECK(measured.at("singular_values").values()[0] == Approx(std::sqrt(6 * 784.0)));
  CHECK(measured.at("singular_entropy").values()[0] == Approx(0).margin(1e-6));
  CHECK(measured.at("first_to_second").values()[0] > 1e6);
}

TEST_CASE("every lane has the singular values of its own weights, factors of the parametrisation among them") {
  const Json config = resolved_config({{"model", {{"kind", "mlp"}, {"width", 20}, {"depth", 2}}}});
  const std::vector<std::uint64_t> seeds{3, 5};
  for (const char* parametrisation : {"standard", "ntk"}) {
    Json options = config.at("model");
    options["parametrisation"] = parametrisation;
    options["weight_variance"] = 2.0;
    const auto model = models::make_model(options, digits(20).info, seeds, torch::kCPU);
    for (std::size_t lane = 0; lane < 2; ++lane) {
      const metrics::Measurement measured = weights_of(*model, lane);
      CHECK(measured.at("first_to_second").values().size() == 3);
      std::size_t layer = 0;
      for (const models::NamedTensor& parameter : model->parameters()) {
        if (parameter.tensor.dim() != 3) continue;
        const Tensor matrix =
            parameter.tensor[static_cast<std::int64_t>(lane)].detach().to(torch::kFloat64) * parameter.factor;
        const double frobenius = matrix.square().sum().item<double>();
        double sum = 0;
        for (std::size_t k = 0; k < 20; ++k) {
          const double value = measured.at("singular_values").values()[layer * 20 + k];
          if (std::isfinite(value)) sum += value * value;
        }
        CHECK(sum == Approx(frobenius).epsilon(1e-9));
        // Both have the law N(0, 2 / fan in): the readout's rows alone hold 2.
        CHECK(frobenius == Approx(2.0 * static_cast<double>(matrix.size(0))).epsilon(0.35));
        ++layer;
      }
    }
  }
}

TEST_CASE("the initial network's weights are those of its seed, whatever training has made of them") {
  const Json config = resolved_config({{"model", {{"kind", "mlp"}, {"width", 20}}}});
  const data::DeviceDataset set = digits(20);
  const auto model = models::make_model(config.at("model"), set.info, {7}, torch::kCPU);
  const Json trained = resolved(study::Family::metric, "weights", Json::object());
  const Json initial = resolved(study::Family::metric, "weights", {{"network", "initial"}});
  const auto values = [&](const Json& options) {
    const auto measured = metrics::make_metric("weights", options)->measure({*model, set, config, {7}});
    std::vector<double> found = measured[0].at("singular_values").values();
    found.erase(std::remove_if(found.begin(), found.end(), [](double value) { return std::isnan(value); }),
                found.end());
    return found;
  };
  const std::vector<double> before = values(trained);
  {
    const torch::NoGradGuard no_gradients;
    for (models::NamedTensor& parameter : model->parameters()) parameter.tensor.mul_(2);
  }
  REQUIRE(before.size() == 20 + 10);
  CHECK(values(initial) == before);
  CHECK(values(trained)[0] == Approx(2 * before[0]));
}

TEST_CASE("a network of infinite width has no weights to measure") {
  const Json config =
      resolved_config({{"model",
                        {{"kind", "mlp"},
                         {"width", "inf"},
                         {"parametrisation", "ntk"},
                         {"weight_variance", 2.0},
                         {"centre_output", true}}},
                       {"training", {{"loss", "mse"}, {"optimizer", {{"kind", "sgd"}, {"momentum", 0}}}}}});
  const data::DeviceDataset set = digits(20);
  const auto model = models::make_model(config.at("model"), set.info, {7}, torch::kCPU);
  const auto measured = metrics::make_metric("weights", resolved(study::Family::metric, "weights", Json::object()))
                            ->measure({*model, set, config, {7}});
  REQUIRE(measured.size() == 1);
  CHECK_FALSE(measured[0].contains("singular_values"));
}
