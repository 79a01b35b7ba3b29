// SPDX-License-Identifier: MIT
#include <torch/nn/functional.h>

#include <catch2/catch.hpp>

#include "eigensweep/models/model.hpp"
#include "eigensweep/study/declare/kind.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

const study::DatasetInfo images{100, 100, {3, 14, 12}, 7};

Json cnn(const std::string& activation, bool batch_norm, int whiten = 0) {
  return resolved(study::Family::model, {{"kind", "cnn"},
                                         {"depth", 2},
                                         {"channels", 4},
                                         {"kernel_size", 3},
                                         {"width", 12},
                                         {"activation", activation},
                                         {"batch_norm", batch_norm},
                                         {"whiten", whiten},
                                         {"whiten_about", "zero"}});
}

// The same network by LibTorch's functions, sample-major, from a lane's weights.
Tensor plainly(Model& model, std::int64_t lane, const Tensor& x, bool batch_norm, bool train) {
  std::size_t next = 0, statistics = 0;
  const auto parameter = [&] { return model.parameters()[next++].tensor[lane].detach(); };
  const auto normed = [&](const Tensor& h) {
    if (!batch_norm) return h;
    const Tensor weight = parameter(), bias = parameter();
    const Tensor mean = model.buffers()[statistics++].tensor[lane].clone();
    const Tensor variance = model.buffers()[statistics++].tensor[lane].clone();
    return torch::batch_norm(h, weight, bias, mean, variance, train, 0.1, 1e-5, false);
  };
  Tensor h = x.reshape({-1, 3, 14, 12});
  for (int block = 0; block < 2; ++block) {
    const Tensor weight = parameter(), bias = parameter();
    h = torch::max_pool2d(normed(torch::conv2d(h, weight, bias)).tanh(), 2);
  }
  h = h.flatten(1);
  const Tensor weight = parameter(), bias = parameter();
  h = normed(torch::linear(h, weight, bias)).tanh();
  const Tensor readout = parameter(), offset = parameter();
  return torch::linear(h, readout, offset);
}

double difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace

TEST_CASE("a CNN of lanes computes what LibTorch's functions compute, lane by lane") {
  torch::manual_seed(0);
  const Tensor x = torch::rand({3, 9, 504});
  for (const bool batch_norm : {false, true}) {
    const auto model = make_model(cnn("tanh", batch_norm), images, {3, 4, 5}, torch::kCPU);
    for (const bool train : {true, false}) {
      // All lanes on one batch, each on its own, and groups of one and two.
      for (const auto& inputs : {Inputs::shared(x[0], 3), Inputs::per_lane(x), Inputs{x.narrow(0, 0, 2), {1, 2}}}) {
        std::vector<Tensor> expected;
        for (std::int64_t lane = 0, group = 0; group < inputs.x.size(0); ++group) {
          for (std::int64_t i = 0; i < inputs.lanes[static_cast<std::size_t>(group)]; ++i, ++lane) {
            expected.push_back(plainly(*model, lane, inputs.x[group], batch_norm, train));
          }
        }
        const Output output = model->forward(inputs, train ? Mode::train : Mode::evaluate);
        REQUIRE(output.hidden.size() == 3);
        CHECK(output.hidden[0].sizes() == torch::IntArrayRef{3, 4 * 6 * 5, 9});
        CHECK(output.hidden[1].sizes() == torch::IntArrayRef{3, 8 * 2 * 1, 9});
        CHECK(output.hidden[2].sizes() == torch::IntArrayRef{3, 12, 9});
        for (std::size_t lane = 0; lane < 3; ++lane) {
          CHECK(difference(output.logits[static_cast<std::int64_t>(lane)].t(), expected[lane]) < 2e-5);
        }
      }
    }
  }
}

TEST_CASE("a CNN's initial weights depend on a lane's seed alone, bit for bit") {
  const auto pack = make_model(cnn("relu", false), images, {7, 8, 9}, torch::kCPU);
  const auto alone = make_model(cnn("relu", false), images, {8}, torch::kCPU);
  for (std::size_t i = 0; i < pack->parameters().size(); ++i) {
    CHECK(torch::equal(pack->parameters()[i].tensor[1], alone->parameters()[i].tensor[0]));
  }
  CHECK(pack->parameters()[2].name == "3.weight");
  CHECK(pack->parameters()[4].name == "7.weight");
  CHECK(pack->parameters()[6].name == "9.weight");
}

TEST_CASE("a whitened block feeds the next one") {
  torch::manual_seed(1);
  const Tensor x = torch::rand({50, 504});
  for (const int layer : {1, 2, 3}) {
    const auto model = make_model(cnn("tanh", false, layer), images, {1, 2}, torch::kCPU);
    const Output output = model->forward(Inputs::shared(x, 2), Mode::train);
    const Tensor h = output.hidden[static_cast<std::size_t>(layer - 1)].to(torch::kFloat64);
    if (h.size(1) < 50) {
      const Tensor moments = h.matmul(h.transpose(1, 2)) / 50;
      CHECK((moments - torch::eye(h.size(1), moments.options())).abs().max().item<double>() <
            0.6);  // apart from the ridge
      CHECK(moments.diagonal(0, 1, 2).mean().item<double>() == Approx(1).epsilon(0.3));
    }
    CHECK(torch::isfinite(output.logits).all().item<bool>());
  }
}

TEST_CASE("a CNN may pool averages, or stride instead of pooling") {
  torch::manual_seed(2);
  const Tensor x = torch::rand({5, 504});
  for (const bool pools : {true, false}) {
    Json options = cnn("relu", false);
    options["pooling"] = pools ? "average" : "none";
    options["stride"] = pools ? 1 : 2;
    const auto model = make_model(options, images, {1, 2}, torch::kCPU);
    const Output output = model->forward(Inputs::shared(x, 2), Mode::evaluate);
    Tensor h = x.reshape({-1, 3, 14, 12});
    for (std::size_t block = 0; block < 2; ++block) {
      const Tensor weight = model->parameters()[2 * block].tensor[1],
                   bias = model->parameters()[2 * block + 1].tensor[1];
      h = torch::conv2d(h, weight, bias, pools ? 1 : 2).relu();
      if (pools) h = torch::avg_pool2d(h, 2);
      CHECK(difference(output.hidden[block][1].t(), h.flatten(1)) < 1e-5);
    }
    CHECK(model->parameters()[2].name == (pools ? "3.weight" : "2.weight"));
    CHECK(model->parameters()[4].name == (pools ? "7.weight" : "5.weight"));
  }
}
