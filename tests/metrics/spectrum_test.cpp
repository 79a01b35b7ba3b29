// SPDX-License-Identifier: MIT
#include <torch/nn/functional.h>
#include <catch2/catch.hpp>
#include "digits.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/spectra.hpp"
#include "measuring.hpp"
#include "power_law.hpp"
#include "regime.hpp"
#include "resolved.hpp"
#include "similarity.hpp"
#include "toy_network.hpp"

using namespace eigensweep;
using torch::Tensor;

TEST_CASE("the spectrum of every hidden layer equals the one computed in double from its activations") {
  const data::DeviceDataset set = digits(400);
  ToyNetwork model = ToyNetwork::random(2, {784, 60, 30, 10}, 3);
  const auto lanes = measure("spectrum", spectrum_options(), model, set);
  const Tensor x = data::to_inputs(set.train_images);
  const auto hidden = model.forward(models::Inputs::shared(x, 2), models::Mode::evaluate).hidden;
  for (std::size_t lane = 0; lane < 2; ++lane) {
    const auto& measured = lanes[lane];
    REQUIRE(measured.at("eigenvalues").shape == std::vector<std::int64_t>{2, 60});
    const std::vector<double> values = measured.at("eigenvalues").values();
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const Tensor h = hidden[layer][static_cast<std::int64_t>(lane)].to(torch::kFloat64);
      // Singular values of the centred activations: another way to the same eigenvalues.
      const Tensor expected = torch::linalg_svdvals(h - h.mean(1, true)).pow(2) / 400.0;
      const std::size_t width = layer == 0 ? 60 : 30;
      std::vector<double> row;
      for (std::size_t n = 0; n < 60; ++n) {
        const double value = values[layer * 60 + n];
        if (n >= width) {
          CHECK(std::isnan(value));
          continue;
        }
        row.push_back(value);
        CHECK(value == Approx(expected[static_cast<std::int64_t>(n)].item<double>()).epsilon(1e-4).margin(1e-9));
      }
      const metrics::PowerLaw fit = metrics::fit_power_law(row, 5, 500);
      CHECK(measured.at("exponent").values()[layer] == fit.exponent);
      CHECK(measured.at("r_squared").values()[layer] == fit.r_squared);
      CHECK(measured.at("fit_first").dtype == "i64");
      CHECK(measured.at("fit_first").values()[layer] == 5);
      CHECK(measured.at("fit_last").values()[layer] == static_cast<double>(width));
      CHECK(measured.at("fit_ranks").dtype == "i64");
      CHECK(measured.at("fit_ranks").values()[layer] == static_cast<double>(width) - 4);
      CHECK(measured.remark.empty());
      CHECK(measured.at("participation_ratio").values()[layer] == metrics::participation_ratio(row));
      CHECK(measured.at("effective_rank").values()[layer] == metrics::effective_rank(row));
    }
  }
}

TEST_CASE("the exponent of features built with a power-law covariance is found") {
  // h = n^-(alpha/2) x_n with independent x: ten samples per unit keep the estimator's bias below 0.02.
  const std::int64_t width = 1000;
  const data::DeviceDataset set = noise(10000, width);
  Json options = spectrum_options();
  options["fit_first"] = 11;
  for (const double alpha : {0.5, 1.0, 1.5, 2.0}) {
    const Tensor scales = torch::arange(1, width + 1).to(torch::kFloat64).pow(-alpha / 2).to(torch::kFloat32);
    ToyNetwork model({{torch::diag(scales).unsqueeze(0), torch::zeros({1, width})},
                      {torch::ones({1, 2, width}), torch::zeros({1, 2})}},
                     [](const Tensor& h) { return h; });
    const auto measured = measure("spectrum", options, model, set)[0];
    CHECK(measured.at("exponent").values()[0] == Approx(alpha).margin(0.02));
  }
}

TEST_CASE("a layer that is too narrow for its exponent has all other numbers, and the reason") {
  const data::DeviceDataset set = noise(400, 20);
  ToyNetwork model = ToyNetwork::random(2, {20, 60, 12, 3}, 4);
  Json options = spectrum_options();
  options["fit_first"] = 11;
  for (const metrics::Measurement& measured : measure("spectrum", options, model, set)) {
    CHECK(measured.at("fit_ranks").values() == std::vector<double>{50, 2});
    CHECK(std::isfinite(measured.at("exponent").values()[0]));
    CHECK(std::isnan(measured.at("exponent").values()[1]));
    CHECK(std::isnan(measured.at("r_squared").values()[1]));
    CHECK(std::isfinite(measured.at("effective_rank").values()[1]));
    CHECK(measured.remark == "layer 2 has 2 ranks from 11 on, fewer than the 8 that a fit needs: no exponent");
  }
}

TEST_CASE("of many layers without an exponent three say why") {
  const data::DeviceDataset set = noise(400, 20);
  ToyNetwork model = ToyNetwork::random(1, {20, 9, 9, 9, 9, 9, 3}, 4);
  const std::string remark = measure("spectrum", spectrum_options(), model, set)[0].remark;
  CHECK_THAT(remark, Catch::StartsWith("layer 1 has 5 ranks from 5 on") && Catch::Contains("; layer 3 has 5 ranks"));
  CHECK_THAT(remark, Catch::EndsWith("no exponent; 2 more layers have no exponent either"));
}

TEST_CASE("the spectrum says which layers had fewer samples than units") {
  const data::DeviceDataset set = noise(200, 20);
  ToyNetwork model = ToyNetwork::random(1, {20, 60, 12, 3}, 4);
  CHECK(measure("spectrum", spectrum_options(), model, set)[0].at("dual").values() == std::vector<double>{0, 0});
  CHECK(measure("spectrum", spectrum_options("train", 50), model, set)[0].at("dual").values() ==
        std::vector<double>{1, 0});
}

TEST_CASE("the spectrum reads the split and the samples that are asked for") {
  const data::DeviceDataset set = noise(200, 20);
  ToyNetwork model = ToyNetwork::random(1, {20, 12, 3}, 4);
  const auto expected = [&model](const Tensor& images) {
    const Tensor covariance = models::hidden_covariances(model, images)[0];
    const Tensor values = models::eigh_descending(covariance, models::Wanted::values).values[0];
    return std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + 12);
  };
  CHECK(measure("spectrum", spectrum_options("test"), model, set)[0].at("eigenvalues").values() ==
        expected(set.test_images));
  CHECK(measure("spectrum", spectrum_options("train", 50), model, set)[0].at("eigenvalues").values() ==
        expected(set.train_images.slice(0, 0, 50)));
  CHECK(measure("spectrum", spectrum_options("train", 5000), model, set)[0].at("eigenvalues").values() ==
        expected(set.train_images));
}

TEST_CASE("a lane that is no number has NaN and a reason, and its neighbour what it had") {
  const data::DeviceDataset set = noise(200, 20);
  ToyNetwork model = ToyNetwork::random(2, {20, 12, 3}, 5);
  const auto before = measure("spectrum", spectrum_options(), model, set);
  CHECK(before[0].failure.empty());
  model.parameters()[0].tensor[0][3].fill_(NAN);
  const auto after = measure("spectrum", spectrum_options(), model, set);
  for (const double value : after[0].at("eigenvalues").values()) CHECK(std::isnan(value));
  CHECK(std::isnan(after[0].at("exponent").values()[0]));
  CHECK(std::isnan(after[0].at("effective_rank").values()[0]));
  CHECK(after[0].failure == "layer 1: the covariance of a hidden layer is not finite");
  CHECK((after[1] == before[1]));
  CHECK(after[1].failure.empty());
}

TEST_CASE("the spectrum at initialisation is that of the network which the seed makes") {
  const data::DeviceDataset set = digits(60);
  const Json config = mlp_config();
  const auto model = models::make_model(config.at("model"), set.info, {3}, torch::kCPU);
  const auto spectrum = [&](const char* network) {
    Json options = spectrum_options();
    options["network"] = network;
    return metrics::make_metric("spectrum", options)->measure({*model, set, config, {3}})[0].at("eigenvalues").values();
  };
  const std::vector<double> before = spectrum("trained");
  CHECK(spectrum("initial") == before);
  const torch::NoGradGuard no_gradients;
  for (auto& named : model->parameters()) named.tensor.mul_(2);
  CHECK(spectrum("initial") == before);
  CHECK(spectrum("trained") != before);
}

TEST_CASE("the exponent of a wide layer at initialisation is that of infinite width") {
  // The first layer of a ReLU network under torch's default law, on 2,500 images; 1.401 is an independent program's, on
  // other ones.
  const data::DeviceDataset set = digits(2500);
  const Json limit_options = resolved(study::Family::model, {{"kind", "mlp"},
                                                             {"width", "inf"},
                                                             {"activation", "relu"},
                                                             {"weight_variance", 1.0 / 3.0},
                                                             {"bias_variance", 1.0 / (3.0 * 784.0)}});
  kernels::LimitNetwork limit(limit_options, set.info, 1, torch::kCPU);
  Json config = mlp_config();
  config["model"] = resolved(study::Family::model, {{"kind", "mlp"}, {"width", 2000}, {"activation", "relu"}});
  const auto wide = models::make_model(config.at("model"), set.info, {1}, torch::kCPU);
  Json options = spectrum_options();
  options["fit_first"] = 11;
  const auto exponent = [&](models::Model& model) {
    return measure("spectrum", options, model, set)[0].at("exponent").values()[0];
  };
  const double wanted = exponent(limit);
  CHECK(wanted == Approx(1.401).margin(0.01));
  CHECK(exponent(*wide) == Approx(wanted).margin(0.05));
}
