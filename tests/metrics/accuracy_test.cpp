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
