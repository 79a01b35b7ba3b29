// SPDX-License-Identifier: MIT
#include "eigensweep/metrics/metric.hpp"

#include <torch/nn/functional.h>
#include <catch2/catch.hpp>

#include "digits.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/models/spectra.hpp"
#include "power_law.hpp"
#include "regime.hpp"
#include "resolved.hpp"
#include "similarity.hpp"
#include "toy_network.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

Json spectrum_options(const char* split = "train", int samples = 0) {
  return resolved(study::Family::metric, "spectrum", {{"split", split}, {"samples", samples}, {"fit_first", 5}});
}

std::vector<metrics::Measurement> measure(const std::string& kind, const Json& options, models::Model& model,
                                          const data::DeviceDataset& data, const Json& training = Json::object()) {
  const Json config = resolved_config({{"model", {{"kind", "mlp"}, {"width", 20}}}, {"training", training}});
  return metrics::make_metric(kind, options)->measure({model, data, config});
}

/// Bytes cannot hold Gaussian samples, so these are uniform.
data::DeviceDataset noise(std::int64_t count, std::int64_t size) {
  data::DeviceDataset set = digits(1);
  torch::manual_seed(1);
  set.train_images = torch::randint(0, 256, {count, size}, torch::kUInt8);
  set.test_images = torch::randint(0, 256, {count / 2, size}, torch::kUInt8);
  return set;
}

}  // namespace

TEST_CASE("the validation metric reads the samples that are held out") {
  data::DeviceDataset set = digits(300);
  set.validation_images = set.test_images.slice(0, 200, 300);
  set.validation_labels = set.test_labels.slice(0, 200, 300);
  ToyNetwork model = ToyNetwork::random(2, {784, 40, 10}, 2);
  const auto held_out = measure("validation", Json::object(), model, set);
  set.test_images = set.validation_images;
  set.test_labels = set.validation_labels;
  const auto wanted = measure("accuracy", Json::object(), model, set);
  for (std::size_t lane = 0; lane < 2; ++lane) {
    CHECK(held_out[lane].at("validation_accuracy").values() == wanted[lane].at("test_accuracy").values());
    CHECK(held_out[lane].at("validation_loss").values() == wanted[lane].at("test_loss").values());
  }
}

TEST_CASE("a loss is the one that was minimised, with the cross entropy beside") {
  const data::DeviceDataset set = digits(200);
  ToyNetwork model = ToyNetwork::random(2, {784, 40, 10}, 2);
  const auto squared = measure("accuracy", Json::object(), model, set, {{"loss", "mse"}, {"target_offset", 0.1}});
  const auto entropy = measure("accuracy", Json::object(), model, set);
  const Tensor logits =
      model.forward(models::Inputs::shared(data::to_inputs(set.test_images), 2), models::Mode::evaluate).logits;
  const Tensor wanted = torch::one_hot(set.test_labels, 10).t().to(torch::kFloat64) - 0.1;
  for (std::size_t lane = 0; lane < 2; ++lane) {
    const Tensor of_lane = logits[static_cast<std::int64_t>(lane)].to(torch::kFloat64);
    const auto number = [&](const std::vector<metrics::Measurement>& lanes, const char* column) {
      return lanes[lane].at(column).values()[0];
    };
    CHECK(number(squared, "test_loss") == Approx((of_lane - wanted).square().mean().item<double>()).epsilon(1e-12));
    CHECK(number(entropy, "test_loss") == number(entropy, "test_cross_entropy"));
    CHECK(number(squared, "test_cross_entropy") == number(entropy, "test_cross_entropy"));
    CHECK(number(squared, "train_cross_entropy") == number(entropy, "train_loss"));
  }
}

TEST_CASE("accuracy and loss of both splits equal their definition") {
  data::DeviceDataset set = digits(500);
  set.test_images = set.test_images.slice(0, 0, 123);
  set.test_labels = set.test_labels.slice(0, 0, 123);
  ToyNetwork model = ToyNetwork::random(2, {784, 40, 10}, 2);
  const auto lanes = measure("accuracy", Json::object(), model, set);
  REQUIRE(lanes.size() == 2);
  for (std::int64_t lane = 0; lane < 2; ++lane) {
    ToyNetwork alone = model.alone(lane);
    for (const auto& [split, images, labels] : std::vector<std::tuple<std::string, Tensor, Tensor>>{
             {"train", set.train_images, set.train_labels}, {"test", set.test_images, set.test_labels}}) {
      const Tensor logits =
          alone.forward(models::Inputs::shared(data::to_inputs(images), 1), models::Mode::evaluate).logits[0].t();
      const double accuracy = logits.argmax(1).eq(labels).to(torch::kFloat64).mean().item<double>();
      const double loss = torch::nn::functional::cross_entropy(logits.to(torch::kFloat64), labels).item<double>();
      const auto& measured = lanes[static_cast<std::size_t>(lane)];
      CHECK(measured.at(split + "_accuracy").values() == std::vector<double>{accuracy});
      CHECK(measured.at(split + "_accuracy").shape.empty());
      CHECK(measured.at(split + "_loss").values()[0] == Approx(loss).epsilon(1e-6));
    }
  }
}

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

TEST_CASE("an accuracy is of finite logits, or it is NaN with the reason") {
  data::DeviceDataset set = digits(100);
  set.test_images = set.test_images.slice(0, 0, 10);
  set.test_labels = set.test_labels.slice(0, 0, 10);
  set.train_images[99] = 255;
  ToyNetwork model = ToyNetwork::random(2, {784, 20, 10}, 2, [](const Tensor& h) { return h.relu(); });
  // Of the training samples only the last one is bright enough to overflow.
  model.parameters()[0].tensor[0].fill_(4e35);
  const Tensor brightest = data::to_inputs(set.train_images.slice(0, 0, 99)).sum(1).max();
  REQUIRE(brightest.item<double>() < 400);
  model.parameters()[2].tensor[0].fill_(0.1);
  const auto lanes = measure("accuracy", Json::object(), model, set);
  CHECK(std::isnan(lanes[0].at("train_accuracy").values()[0]));
  CHECK(std::isnan(lanes[0].at("train_loss").values()[0]));
  CHECK(std::isfinite(lanes[0].at("test_accuracy").values()[0]));
  CHECK(lanes[0].failure == "of the train samples a logit is not finite");
  CHECK(lanes[1].failure.empty());
}

namespace {

Json regime_options() { return resolved(study::Family::metric, "kernel_regime", {{"samples", 40}}); }

Json mlp_config() {
  return resolved_config({{"model",
                           {{"kind", "mlp"},
                            {"width", 20},
                            {"depth", 2},
                            {"activation", "relu"},
                            {"parametrisation", "ntk"},
                            {"weight_variance", 2.0},
                            {"bias_variance", 0.1}}}});
}

metrics::Measurement regime_of(models::Model& model, const data::DeviceDataset& set, const Json& config,
                               const std::vector<std::uint64_t>& seeds, std::size_t lane) {
  return metrics::make_metric("kernel_regime", regime_options())->measure({model, set, config, seeds})[lane];
}

}  // namespace

TEST_CASE("a network that did not move is in the kernel regime") {
  const data::DeviceDataset set = digits(60);
  const Json config = mlp_config();
  const auto model = models::make_model(config.at("model"), set.info, {3, 4}, torch::kCPU);
  const auto measured = regime_of(*model, set, config, {3, 4}, 1);
  CHECK(measured.at("weight_change").values() == std::vector<double>{0, 0, 0});
  CHECK(measured.at("parameter_change").values() == std::vector<double>{0});
  CHECK(measured.at("feature_change").values() == std::vector<double>{0, 0});
  CHECK(measured.at("gate_flips").values() == std::vector<double>{0, 0});
  for (const double value : measured.at("cka").values()) CHECK(value == Approx(1));
  CHECK(measured.at("ntk_drift").values() == std::vector<double>{0});
  CHECK(measured.at("ntk_distance").values()[0] == Approx(0).margin(1e-12));
  CHECK(measured.at("ntk_alignment").values() == measured.at("ntk_alignment_initial").values());
  CHECK(measured.at("ntk_eigenvalues").shape == std::vector<std::int64_t>{40});
  CHECK(measured.at("ntk_eigenvalues").values().front() > measured.at("ntk_eigenvalues").values().back());
  CHECK(measured.at("ntk_shares").shape == std::vector<std::int64_t>{3});
  const std::vector<double> eigenvalues = measured.at("ntk_eigenvalues").values();
  CHECK(measured.at("ntk_exponent").values()[0] == metrics::fit_power_law(eigenvalues, 11, 500).exponent);
  CHECK(measured.at("ntk_fit_ranks").dtype == "i64");
  CHECK(measured.at("ntk_fit_ranks").values()[0] == 30);
  CHECK(measured.at("ntk_fit_ranks_initial").values()[0] == 30);
  CHECK(measured.remark.empty());
}

TEST_CASE("a tangent kernel of few samples has no exponent, and the reason") {
  const data::DeviceDataset set = digits(60);
  Json options = regime_options();
  options["samples"] = 16;
  const Json config = mlp_config();
  const auto model = models::make_model(config.at("model"), set.info, {3, 4}, torch::kCPU);
  for (const auto& measured : metrics::make_metric("kernel_regime", options)->measure({*model, set, config, {3, 4}})) {
    for (const std::string moment : {"_initial", ""}) {
      CHECK(std::isnan(measured.at("ntk_exponent" + moment).values()[0]));
      CHECK(measured.at("ntk_fit_ranks" + moment).values() == std::vector<double>{6});
      CHECK(measured.at("ntk_eigenvalues" + moment).shape == std::vector<std::int64_t>{16});
    }
    CHECK(
        measured.remark ==
        "the tangent kernel at initialisation has 6 ranks from 11 on, fewer than the 8 that a fit needs: no exponent; "
        "the tangent kernel after training has 6 ranks from 11 on, fewer than the 8 that a fit needs: no exponent");
  }
}

TEST_CASE("the history of the regime is what each snapshot gives by itself") {
  const data::DeviceDataset set = digits(60);
  const Json config = mlp_config();
  const auto model = models::make_model(config.at("model"), set.info, {3, 4}, torch::kCPU);
  std::vector<models::Snapshot> snapshots;
  std::vector<double> drift;
  for (const std::int64_t epoch : {1, 5}) {
    const torch::NoGradGuard no_gradients;
    for (auto& named : model->parameters()) named.tensor.mul_(1.1);
    snapshots.push_back(models::take_snapshot(*model, {epoch, epoch}));
    drift.push_back(regime_of(*model, set, config, {3, 4}, 1).at("ntk_drift").values()[0]);
  }
  const auto measured =
      metrics::make_metric("kernel_regime", regime_options())->measure({*model, set, config, {3, 4}, snapshots})[1];
  CHECK(measured.at("moment_epoch").values() == std::vector<double>{1, 5});
  CHECK(measured.at("ntk_drift_history").values() == drift);
  CHECK(measured.at("weight_change_history").shape == std::vector<std::int64_t>{2, 3});
  CHECK(measured.at("weight_change_history").values()[0] == Approx(0.1).epsilon(1e-5));
  CHECK(measured.at("cka_history").shape == std::vector<std::int64_t>{2, 2});
}

TEST_CASE("small steps keep a network near its linearisation, and every measure scales as it must") {
  const data::DeviceDataset set = digits(60);
  const Json config = mlp_config();
  double gap[2], drift[2];
  int i = 0;
  for (const double step : {1e-3, 1e-1}) {
    const auto model = models::make_model(config.at("model"), set.info, {3}, torch::kCPU);
    torch::manual_seed(8);
    double moved = 0, whole = 0;
    for (auto& named : model->parameters()) {
      const torch::NoGradGuard no_gradients;
      const Tensor change = step * torch::randn_like(named.tensor);
      moved += change.to(torch::kFloat64).square().sum().item<double>();
      whole += named.tensor.to(torch::kFloat64).square().sum().item<double>();
      named.tensor.add_(change);
    }
    const auto measured = regime_of(*model, set, config, {3}, 0);
    CHECK(measured.at("parameter_change").values()[0] == Approx(std::sqrt(moved / whole)).epsilon(1e-3));
    gap[i] = measured.at("linearisation_gap").values()[0];
    drift[i++] = measured.at("ntk_drift").values()[0];
  }
  CHECK(gap[0] < 0.02);
  CHECK(gap[1] > 20 * gap[0]);
  CHECK(drift[1] > 20 * drift[0]);
}

TEST_CASE("the Jacobian by the inputs of an affine network is its matrix") {
  torch::manual_seed(7);
  const Tensor matrix = torch::randn({2, 10, 784});
  ToyNetwork model({{torch::eye(784).repeat({2, 1, 1}), torch::zeros({2, 784})}, {matrix, torch::zeros({2, 10})}},
                   [](const Tensor& h) { return h; });
  const metrics::InputJacobian found = metrics::input_jacobian(model, torch::rand({3, 784}));
  const Tensor exact = matrix.to(torch::kFloat64);
  CHECK(torch::allclose(found.norm, torch::linalg_vector_norm(exact.flatten(1), 2, 1), 1e-6));
  CHECK(torch::allclose(found.top, torch::linalg_svdvals(exact).select(1, 0), 1e-6));
}

TEST_CASE("a network's kept Gram matrices are those of its activations") {
  const data::DeviceDataset set = digits(60);
  const Json config = mlp_config();
  const auto model = models::make_model(config.at("model"), set.info, {3, 4}, torch::kCPU);
  Json options = regime_options();
  options["keep_grams"] = true;
  const auto measured =
      metrics::make_metric("kernel_regime", options)->measure({*model, set, config, {3, 4}})[1].at("hidden_grams");
  CHECK(measured.dtype == "f32");
  REQUIRE(measured.shape == std::vector<std::int64_t>{2, 40, 40});
  const torch::NoGradGuard no_gradients;
  const Tensor x = data::to_inputs(set.test_images.slice(0, 0, 40));
  const Tensor h = model->forward(models::Inputs::shared(x, 2), models::Mode::evaluate).hidden[1][1];
  const Tensor wanted = h.t().matmul(h) / static_cast<double>(h.size(0));
  const std::vector<double> values = measured.values();
  for (const std::int64_t i : {0, 7, 39}) {
    CHECK(values[static_cast<std::size_t>(1600 + 40 * i + 3)] == Approx(wanted[i][3].item<double>()).epsilon(1e-5));
  }
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

TEST_CASE("kernel regression of a network that did not move is the same before and after") {
  const data::DeviceDataset set = digits(200);
  const Json config = mlp_config();
  const auto model = models::make_model(config.at("model"), set.info, {3, 4}, torch::kCPU);
  const Json options{{"train_samples", 100}, {"samples", 60}, {"attack", "pgd"},
                     {"epsilon", 0.1},       {"steps", 3},    {"relative_step", 0.4}};
  for (const auto& lane : metrics::make_metric("kernel_regression", options)->measure({*model, set, config, {3, 4}})) {
    const double clean = lane.at("accuracy_initial").values()[0],
                 robust = lane.at("robust_accuracy_initial").values()[0];
    CHECK(clean > 0.5);  // 0.1 by chance
    CHECK(robust < clean);
    CHECK(lane.at("accuracy_final").values()[0] == clean);
    CHECK(lane.at("robust_accuracy_final").values()[0] == robust);
  }
}

TEST_CASE("debiased similarity is 0 for independent features of any width and 1 for the same ones") {
  torch::manual_seed(6);
  const Tensor a = torch::randn({1, 8192, 256}), b = torch::randn({1, 8192, 256});
  CHECK(std::abs(metrics::debiased_cka(a, b).item<double>()) < 0.01);
  CHECK(metrics::debiased_cka(a, 3 * a).item<double>() == Approx(1).epsilon(1e-12));
  const Tensor rotation = std::get<0>(torch::linalg_qr(torch::randn({8, 8})));
  const Tensor few = torch::randn({1, 8, 50});
  CHECK(metrics::debiased_cka(few, rotation.unsqueeze(0).matmul(few)).item<double>() == Approx(1).epsilon(1e-5));
}

TEST_CASE("a kernel is aligned with its labels as far as it is theirs") {
  const Tensor labels = torch::tensor({0, 0, 1, 1, 2}, torch::kInt64);
  const Tensor own = labels.unsqueeze(0).eq(labels.unsqueeze(1)).to(torch::kFloat64).unsqueeze(0);
  CHECK(metrics::label_alignment(2 * own + 5, labels).item<double>() == Approx(1).epsilon(1e-12));
  CHECK(metrics::label_alignment(-own, labels).item<double>() == Approx(-1).epsilon(1e-12));
  const Tensor other = torch::tensor({0, 1, 0, 1, 2}, torch::kInt64);
  const double low =
      metrics::label_alignment(other.unsqueeze(0).eq(other.unsqueeze(1)).to(torch::kFloat64).unsqueeze(0), labels)
          .item<double>();
  CHECK(low < 0.5);
}

TEST_CASE("a metric that no table holds is a bug of ours") {
  CHECK_THROWS_AS(metrics::make_metric("unknown", Json::object()), ContractViolation);
}
