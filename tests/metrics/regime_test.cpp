// SPDX-License-Identifier: MIT
#include "regime.hpp"
#include <torch/nn/functional.h>
#include <catch2/catch.hpp>
#include "digits.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/limit_network.hpp"
#include "eigensweep/metrics/metric.hpp"
#include "eigensweep/models/spectra.hpp"
#include "measuring.hpp"
#include "power_law.hpp"
#include "resolved.hpp"
#include "similarity.hpp"
#include "toy_network.hpp"

using namespace eigensweep;
using torch::Tensor;

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
