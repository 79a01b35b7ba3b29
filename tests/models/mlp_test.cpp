// SPDX-License-Identifier: MIT
#include <torch/nn.h>
#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "resolved.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using namespace eigensweep::models;

namespace {

const study::DatasetInfo dataset{100, 100, {1, 4, 5}, 7};

Json options(const std::string& activation, std::int64_t depth, bool batch_norm) {
  return resolved(study::Family::model, {{"kind", "mlp"},
                                         {"width", 12},
                                         {"depth", depth},
                                         {"activation", activation},
                                         {"batch_norm", batch_norm},
                                         {"whiten_about", "mean"}});
}

Tensor named(Model& model, const std::string& name) {
  for (auto* list : {&model.parameters(), &model.buffers()}) {
    for (NamedTensor& tensor : *list) {
      if (tensor.name == name) return tensor.tensor;
    }
  }
  FAIL("no tensor named " << name);
  return {};
}

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

// The same network by LibTorch's own modules, sample-major, from a lane's weights.
Tensor by_modules(Model& model, std::int64_t lane, const Tensor& x, const std::string& activation, std::int64_t depth,
                  bool batch_norm, bool train) {
  Tensor h = x;
  int place = 0;
  for (std::int64_t layer = 0; layer <= depth; ++layer) {
    const auto part = [&](const char* what) { return named(model, fmt::format("{}.{}", place, what))[lane].detach(); };
    h = torch::linear(h, part("weight"), part("bias"));
    place += 2;
    if (layer == depth) break;
    if (activation == "tanh") h = h.tanh();
    if (activation == "relu") h = h.clamp_min(0);
    if (activation == "erf") h = h.erf();
    if (activation == "gelu") h = 0.5 * h * (1 + torch::erf(h / std::sqrt(2.0)));
    if (batch_norm) {
      torch::nn::BatchNorm1d norm(12);
      const torch::NoGradGuard no_grad;
      norm->weight.copy_(part("weight"));
      norm->bias.copy_(part("bias"));
      norm->running_mean.copy_(part("running_mean"));
      norm->running_var.copy_(part("running_var"));
      norm->train(train);
      h = norm(h);
      ++place;
    }
  }
  return h;
}

}  // namespace

TEST_CASE("an MLP of lanes computes what LibTorch's modules compute, lane by lane") {
  for (const char* activation : {"tanh", "relu", "erf", "gelu"}) {
    for (const bool batch_norm : {false, true}) {
      const auto model = make_model(options(activation, 2, batch_norm), dataset, {3, 4, 5}, torch::kCPU);
      torch::manual_seed(0);
      const Tensor x = torch::rand({9, 20});
      for (const bool train : {true, false}) {
        std::vector<Tensor> expected;
        for (std::int64_t lane = 0; lane < 3; ++lane) {
          expected.push_back(by_modules(*model, lane, x, activation, 2, batch_norm, train));
        }
        const Output output = model->forward(Inputs::shared(x, 3), train ? Mode::train : Mode::evaluate);
        CHECK(output.hidden.size() == 2);
        CHECK(output.logits.sizes() == torch::IntArrayRef{3, 7, 9});
        for (std::int64_t lane = 0; lane < 3; ++lane) {
          CHECK(largest_difference(output.logits[lane].t(), expected[static_cast<std::size_t>(lane)]) < 2e-5);
        }
      }
    }
  }
}

TEST_CASE("batch norm keeps the running statistics of torch") {
  const auto model = make_model(options("tanh", 1, true), dataset, {1, 2}, torch::kCPU);
  const Tensor x = torch::rand({16, 20});
  const Tensor h = model->forward(Inputs::shared(x, 2), Mode::evaluate).hidden[0];
  model->forward(Inputs::shared(x, 2), Mode::train);
  // Running statistics began at mean 0 and variance 1, so the normalised h is h / sqrt(1 + 1e-5).
  const Tensor raw = h * std::sqrt(1 + 1e-5);
  CHECK(largest_difference(named(*model, "2.running_mean"), 0.1 * raw.mean(2)) < 1e-6);
  CHECK(largest_difference(named(*model, "2.running_var"), 0.9 + 0.1 * raw.var(2)) < 1e-6);
}

TEST_CASE("initial weights depend on a lane's seed alone, bit for bit, and follow torch's default law") {
  const auto pack = make_model(options("tanh", 2, false), dataset, {7, 8, 9}, torch::kCPU);
  const auto alone = make_model(options("tanh", 2, false), dataset, {8}, torch::kCPU);
  for (std::size_t i = 0; i < pack->parameters().size(); ++i) {
    const Tensor in_pack = pack->parameters()[i].tensor;
    CHECK(torch::equal(in_pack[1], alone->parameters()[i].tensor[0]));
    CHECK_FALSE(torch::equal(in_pack[0], in_pack[1]));
    CHECK(in_pack.abs().max().item<double>() <= 1 / std::sqrt(i < 2 ? 20.0 : 12.0));
  }
  const study::DatasetInfo large{1, 1, {1, 28, 28}, 10};
  const Json wide = resolved(study::Family::model, {{"kind", "mlp"}, {"width", 400}});
  const Tensor weight = make_model(wide, large, {0}, torch::kCPU)->parameters()[0].tensor;
  CHECK(weight.mean().item<double>() == Approx(0).margin(2e-4));
  CHECK(weight.var().item<double>() == Approx(1.0 / (3 * 784)).epsilon(0.01));
}

TEST_CASE("lanes in groups of any size read their own batch") {
  const auto model = make_model(options("relu", 1, false), dataset, {1, 1, 2, 3, 3, 3}, torch::kCPU);
  const Tensor x = torch::rand({3, 5, 20});
  const std::vector<std::vector<std::int64_t>> shapes{{2, 1, 3}, {2, 2, 2}};
  for (const auto& lanes : shapes) {
    const Tensor logits = model->forward({x, lanes}, Mode::evaluate).logits;
    std::int64_t lane = 0;
    for (std::int64_t group = 0; group < 3; ++group) {
      for (std::int64_t i = 0; i < lanes[static_cast<std::size_t>(group)]; ++i, ++lane) {
        const Tensor expected = by_modules(*model, lane, x[group], "relu", 1, false, false);
        CHECK(largest_difference(logits[lane].t(), expected) < 2e-6);
      }
    }
  }
}

TEST_CASE("a lane survives its safetensors file bit for bit, a broken file is refused") {
  const Scratch scratch;
  const auto model = make_model(options("tanh", 2, true), dataset, {1, 2}, torch::kCPU);
  model->forward(Inputs::shared(torch::rand({16, 20}), 2), Mode::train);
  TensorFile content = lane_of(*model, 1);
  content.metadata["trial"] = "abc";
  const auto file = scratch.path() / "lane.safetensors";
  write_tensors(file, content);
  CHECK(read_tensors(file).metadata.at("trial") == "abc");

  const auto other = make_model(options("tanh", 2, true), dataset, {5, 6, 7}, torch::kCPU);
  load_lane(*other, 2, read_tensors(file));
  for (std::size_t i = 0; i < model->parameters().size(); ++i) {
    CHECK(torch::equal(model->parameters()[i].tensor[1], other->parameters()[i].tensor[2]));
  }
  CHECK(torch::equal(named(*model, "2.running_var")[1], named(*other, "2.running_var")[2]));

  const std::string bytes = file::read(file);
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{100}, bytes.size() - 1}) {
    file::write_atomically(file, bytes.substr(0, length));
    CHECK_THROWS_AS(read_tensors(file), DataError);
  }
  file::write_atomically(file, bytes);
  const auto wider =
      make_model(resolved(study::Family::model, {{"kind", "mlp"}, {"width", 13}, {"depth", 2}, {"batch_norm", true}}),
                 dataset, {1}, torch::kCPU);
  CHECK_THROWS_WITH(
      load_lane(*wider, 0, read_tensors(file)),
      Catch::Equals(
          file.string() +
          ": tensor '0.weight' has another shape than the study's network; delete the file, and it is made again"));
}
