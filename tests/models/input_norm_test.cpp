// SPDX-License-Identifier: MIT
#include "eigensweep/models/input_norm.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/models/store/safetensors.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using models::Inputs;
using InputScale = models::NetworkOptions::InputScale;
using models::Mode;
using models::Tensor;

namespace {

const study::DatasetInfo colour{50, 10, {3, 2, 4}, 4};

Json network(const char* normalise) {
  return resolved(study::Family::model,
                  {{"kind", "mlp"}, {"width", 6}, {"depth", 1}, {"activation", "tanh"}, {"normalise", normalise}});
}

}  // namespace

TEST_CASE("per_channel brings every channel of the training set to mean 0 and variance 1") {
  torch::manual_seed(0);
  Tensor images = torch::randint(0, 256, {50, 24}, torch::kUInt8);
  images.slice(1, 16, 24).fill_(7);  // a constant channel
  const auto layer = models::make_input_norm(InputScale::per_channel, colour, 2, torch::kCPU);
  layer->fit(images);
  const Tensor x = (*layer)(images.to(torch::kFloat32) / 255).to(torch::kFloat64).view({50, 3, 8});
  const Tensor mean = x.mean(torch::IntArrayRef({0, 2}));
  const Tensor variance = x.var(torch::IntArrayRef({0, 2}), false);
  CHECK(mean.abs().max().item<double>() < 1e-6);
  for (int channel = 0; channel < 2; ++channel) CHECK(variance[channel].item<double>() == Approx(1).epsilon(1e-6));
  CHECK(variance[2].item<double>() == 0);
}

TEST_CASE("per_image brings every image to mean 0 and squared norm d, and leaves one of one grey at 0") {
  torch::manual_seed(1);
  Tensor x = torch::rand({2, 5, 24});
  x[1][4].fill_(0.3);
  const auto layer = models::make_input_norm(InputScale::per_image, colour, 2, torch::kCPU);
  const Tensor y = (*layer)(x);
  CHECK(y.mean(-1).abs().max().item<double>() < 1e-5);
  const Tensor norms = y.square().sum(-1).flatten();
  for (int i = 0; i < 9; ++i) CHECK(norms[i].item<double>() == Approx(24).epsilon(1e-5));
  CHECK(y[1][4].abs().max().item<double>() < 1e-5);
  // The gradient against a finite difference, in float64.
  const Tensor at = torch::rand({3, 24}, torch::kFloat64).requires_grad_(true);
  const Tensor weights = torch::randn({3, 24}, torch::kFloat64);
  ((*layer)(at)*weights).sum().backward();
  const torch::NoGradGuard no_gradients;
  for (const int pixel : {0, 11, 23}) {
    Tensor step = torch::zeros_like(at);
    step[1][pixel] = 1e-6;
    const double slope = (((*layer)(at + step) - (*layer)(at - step)) * weights).sum().item<double>() / 2e-6;
    CHECK(at.grad()[1][pixel].item<double>() == Approx(slope).epsilon(1e-6));
  }
}

TEST_CASE("normalising inputs is the network's first layer, and is kept with it") {
  torch::manual_seed(2);
  const Tensor images = torch::randint(0, 256, {50, 24}, torch::kUInt8);
  const Tensor x = images.to(torch::kFloat32) / 255;
  const std::vector<std::uint64_t> seeds{3, 4};
  const auto plain = models::make_model(network("none"), colour, seeds, torch::kCPU);
  const auto normalised = models::make_model(network("per_channel"), colour, seeds, torch::kCPU);
  normalised->fit_inputs(images);
  const auto layer = models::make_input_norm(InputScale::per_channel, colour, 1, torch::kCPU);
  layer->fit(images);
  const Tensor wanted = plain->forward(Inputs::shared((*layer)(x), 2), Mode::evaluate).logits;
  CHECK(torch::equal(normalised->forward(Inputs::shared(x, 2), Mode::evaluate).logits, wanted));
  CHECK_FALSE(torch::allclose(plain->forward(Inputs::shared(x, 2), Mode::evaluate).logits, wanted));

  const auto loaded = models::make_model(network("per_channel"), colour, {8, 9}, torch::kCPU);
  for (const std::int64_t lane : {0, 1}) models::load_lane(*loaded, lane, models::lane_of(*normalised, lane));
  CHECK(torch::equal(loaded->forward(Inputs::shared(x, 2), Mode::evaluate).logits, wanted));
}
