// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/regularizers/regularizer.hpp"
#include "eigensweep/study/declare/kind.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

Json options(double strength, int projections) {
  return {{"kind", "jacobian"}, {"strength", strength}, {"projections", projections}};
}

const study::DatasetInfo images{100, 100, {1, 10, 10}, 5};

std::unique_ptr<models::Model> network(const std::string& kind, const std::vector<std::uint64_t>& seeds) {
  Json made{{"kind", kind},           {"width", 8},          {"depth", 1},
            {"activation", "tanh"},   {"batch_norm", false}, {"whiten", 0},
            {"whiten_about", "mean"}, {"channels", 2},       {"kernel_size", 3}};
  return models::make_model(resolved(study::Family::model, made), images, seeds, torch::kCPU);
}

// The penalty of each lane on x [E, B, d].
Tensor penalty(models::Model& model, const std::vector<Json>& lanes, const std::vector<std::uint64_t>& seeds,
               const Tensor& x, std::int64_t step = 0) {
  const models::Inputs inputs = models::Inputs::per_lane(x.detach().clone().requires_grad_());
  const models::Output output = model.forward(inputs, models::Mode::train);
  return regularizers::make_regularizer(lanes, seeds)->penalty({inputs, output, step}).value;
}

// Half the mean over samples of the squared Frobenius norm of the Jacobian, by a backward pass for each class.
double exact(models::Model& model, const Tensor& x, std::int64_t lane) {
  double sum = 0;
  const Tensor points = x.detach().clone().requires_grad_();
  const Tensor logits = model.forward(models::Inputs::per_lane(points), models::Mode::train).logits;
  for (std::int64_t c = 0; c < logits.size(1); ++c) {
    const Tensor gradient = torch::autograd::grad({logits[lane][c].sum()}, {points}, {}, true)[0];
    sum += gradient[lane].square().sum().item<double>();
  }
  return 0.5 * sum / static_cast<double>(x.size(1));
}

}  // namespace

TEST_CASE("the exact Jacobian penalty is half the mean squared norm of every class's gradient, lane by lane") {
  torch::manual_seed(1);
  const Tensor x = torch::rand({2, 6, 100});
  for (const char* kind : {"mlp", "cnn"}) {
    const auto model = network(kind, {1, 2});
    const Tensor value = penalty(*model, {options(1, 0), options(0.25, 0)}, {1, 2}, x);
    CHECK(value[0].item<double>() == Approx(exact(*model, x, 0)).epsilon(1e-5));
    CHECK(value[1].item<double>() == Approx(0.25 * exact(*model, x, 1)).epsilon(1e-5));
  }
}

TEST_CASE("random directions estimate the exact penalty without bias") {
  torch::manual_seed(2);
  const Tensor x = torch::rand({1, 40, 100});
  const auto model = network("mlp", {1});
  const double wanted = exact(*model, x, 0);
  double sum = 0, squares = 0;
  constexpr int draws = 200;
  for (int step = 0; step < draws; ++step) {
    const double value = penalty(*model, {options(1, 1)}, {1}, x, step)[0].item<double>();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / draws, deviation = std::sqrt(squares / draws - mean * mean);
  CHECK(deviation > 0);
  CHECK(std::abs(mean - wanted) < 4 * deviation / std::sqrt(draws));
}

TEST_CASE("a lane's directions are its seed's, whatever stands beside it") {
  torch::manual_seed(3);
  const Tensor x = torch::rand({1, 6, 100});
  const auto pair = network("mlp", {4, 9});
  const auto alone = network("mlp", {9});
  const Tensor both = penalty(*pair, {options(1, 2), options(1, 2)}, {4, 9}, x.expand({2, 6, 100}), 7);
  CHECK(both[1].item<double>() == Approx(penalty(*alone, {options(1, 2)}, {9}, x, 7)[0].item<double>()).epsilon(1e-6));
}

TEST_CASE("the Jacobian penalty's own gradient is the finite difference") {
  torch::manual_seed(4);
  const Tensor x = torch::rand({1, 20, 100});
  for (const char* kind : {"mlp", "cnn"}) {
    const auto model = network(kind, {1});
    const Tensor weight = model->parameters()[0].tensor;
    const Tensor gradient =
        torch::autograd::grad({penalty(*model, {options(1, 0)}, {1}, x).sum()}, {weight})[0].to(torch::kFloat64);
    const Tensor start = weight.detach().clone();
    const Tensor direction = gradient.to(torch::kFloat32) / gradient.norm().to(torch::kFloat32);
    const auto at = [&](double step) {
      weight.data().copy_(start + step * direction);
      return penalty(*model, {options(1, 0)}, {1}, x)[0].item<double>();
    };
    constexpr double step = 3e-3;
    CHECK((at(step) - at(-step)) / (2 * step) == Approx(gradient.norm().item<double>()).epsilon(5e-3));
  }
}
