// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/limit_network.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/kernels/empirical.hpp"
#include "eigensweep/kernels/regression.hpp"
#include "eigensweep/models/spectra.hpp"
#include "loaded.hpp"
#include "resolved.hpp"

using namespace eigensweep;
using torch::Tensor;

namespace {

const data::DeviceDataset& few_digits() {
  static const data::DeviceDataset set(loaded({{"kind", "mnist"}, {"train_samples", 60}, {"test_samples", 40}}),
                                       torch::kCPU);
  return set;
}

Json model(const Json& width, const char* activation = "relu") {
  return resolved(study::Family::model, {{"kind", "mlp"},
                                         {"width", width},
                                         {"depth", 2},
                                         {"activation", activation},
                                         {"normalise", "per_image"},
                                         {"parametrisation", "ntk"},
                                         {"weight_variance", 2.0},
                                         {"bias_variance", 0.1},
                                         {"centre_output", true}});
}

constexpr double learning_rate = 0.05;

study::Training training(study::Training::LimitTime limit_time, std::int64_t epochs, double stop_loss = 0) {
  study::Training made;
  made.epochs = epochs;
  made.batch_size = 60;
  made.target_offset = 0.1;
  made.stop_loss = stop_loss;
  made.limit_time = limit_time;
  return made;
}

constexpr auto same = study::Training::LimitTime::same;
constexpr auto end = study::Training::LimitTime::end;

Tensor logits(models::Model& network, const Tensor& x) {
  return network.forward(models::Inputs::shared(x, network.lanes()), models::Mode::evaluate).logits;
}

}  // namespace

TEST_CASE("trained to the end, a network of infinite width has its targets on the training set") {
  kernels::LimitNetwork network(model("inf"), few_digits().info, 2, torch::kCPU);
  const std::vector<double> losses = network.train(few_digits(), training(end, 1), {learning_rate, 2}).front();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0] < 1e-12);
  const Tensor out = logits(network, data::to_inputs(few_digits().train_images));
  const Tensor wanted = torch::one_hot(few_digits().train_labels, 10).t().to(torch::kFloat32) - 0.1;
  REQUIRE(out.sizes() == std::vector<std::int64_t>{2, 10, 60});
  CHECK((out - wanted).abs().max().item<double>() < 1e-5);
}

TEST_CASE("a wide network trained by gradient descent approaches the one of infinite width") {
  // The same loss, learning rate and steps; outputs on images that neither has seen.
  const Tensor test = data::to_inputs(few_digits().test_images);
  kernels::LimitNetwork limit(model("inf"), few_digits().info, 1, torch::kCPU);
  const std::vector<double> losses = limit.train(few_digits(), training(same, 40), {learning_rate}).front();
  CHECK(losses.size() == 40);
  CHECK(std::is_sorted(losses.rbegin(), losses.rend()));
  const Tensor wanted = logits(limit, test)[0];

  std::vector<std::uint64_t> seeds{0, 1, 2, 3, 4, 5, 6, 7};
  const auto network = models::make_model(model(1024), few_digits().info, seeds, torch::kCPU);
  const Tensor x = data::to_inputs(few_digits().train_images);
  const Tensor y = torch::one_hot(few_digits().train_labels, 10).t().to(torch::kFloat32) - 0.1;
  std::vector<Tensor> parameters;
  for (const auto& named : network->parameters()) parameters.push_back(named.tensor);
  for (int step = 0; step < 40; ++step) {
    const Tensor loss = (logits(*network, x) - y).square().mean({1, 2});
    const auto gradients = torch::autograd::grad({loss.sum()}, parameters);
    const torch::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].sub_(gradients[i], 0.05);
  }
  const Tensor mean = logits(*network, test).detach().mean(0);
  CHECK(((mean - wanted).norm() / wanted.norm()).item<double>() < 0.08);
}

TEST_CASE("training of infinite width ends at the loss that is asked for") {
  kernels::LimitNetwork network(model("inf"), few_digits().info, 1, torch::kCPU);
  const std::vector<double> all = network.train(few_digits(), training(same, 30), {learning_rate}).front();
  const std::vector<double> some = network.train(few_digits(), training(same, 30, all[9]), {learning_rate}).front();
  CHECK(some.size() == 10);
  CHECK(some.back() == all[9]);
}

TEST_CASE("infinite width can be attacked: its gradient is the finite difference") {
  kernels::LimitNetwork network(model("inf", "erf"), few_digits().info, 1, torch::kCPU);
  network.train(few_digits(), training(end, 1), {learning_rate});
  const Tensor x = data::to_inputs(few_digits().test_images.slice(0, 0, 2)).clamp(0.1, 0.9).to(torch::kFloat64);
  const auto value = [&](const Tensor& at) {
    return network.forward(models::Inputs::per_lane(at.unsqueeze(0)), models::Mode::evaluate).logits.select(1, 3).sum();
  };
  const Tensor leaf = x.clone().requires_grad_(true);
  const Tensor gradient = torch::autograd::grad({value(leaf)}, {leaf})[0];
  for (const std::int64_t pixel : {100, 350, 400}) {
    const double h = 0.02;  // outputs are float32
    Tensor right = x.clone(), left = x.clone();
    right[1][pixel] += h;
    left[1][pixel] -= h;
    const double slope = (value(right) - value(left)).item<double>() / (2 * h);
    CHECK(gradient[1][pixel].item<double>() == Approx(slope).epsilon(0.02).margin(2e-5));
  }
}

TEST_CASE("hidden spectra of a wide network approach those of infinite width") {
  kernels::LimitNetwork limit(model("inf"), few_digits().info, 1, torch::kCPU);
  limit.attach(few_digits().train_images);
  const auto network = models::make_model(model(4096), few_digits().info, {1, 2, 3, 4}, torch::kCPU);
  const auto wanted = models::hidden_spectra(limit, few_digits().train_images, models::Wanted::values);
  const auto ours = models::hidden_spectra(*network, few_digits().train_images, models::Wanted::values);
  REQUIRE(wanted.size() == 2);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const Tensor a = ours[layer].values.mean(0).slice(0, 0, 40) / 4096, b = wanted[layer].values[0].slice(0, 0, 40);
    INFO("layer " << layer);
    CHECK(((a - b).norm() / b.norm()).item<double>() < 0.05);
    CHECK((a / b - 1).abs().max().item<double>() < 0.25);
  }
}

TEST_CASE("lanes of infinite width have their own learning rates, in a pack as alone") {
  const std::vector<double> rates{0.02, 2, 0.02};
  kernels::LimitNetwork packed(model("inf"), few_digits().info, 3, torch::kCPU);
  const auto losses = packed.train(few_digits(), training(same, 5), rates);
  const Tensor test = data::to_inputs(few_digits().test_images);
  const Tensor out = logits(packed, test);
  for (std::size_t lane = 0; lane < rates.size(); ++lane) {
    kernels::LimitNetwork alone(model("inf"), few_digits().info, 1, torch::kCPU);
    CHECK(alone.train(few_digits(), training(same, 5), {rates[lane]}).front() == losses[lane]);
    CHECK(torch::equal(logits(alone, test)[0], out[static_cast<std::int64_t>(lane)]));
  }
  CHECK(losses[1].back() < 0.8 * losses[0].back());
  const auto own = models::Inputs::per_lane(test.unsqueeze(0).repeat({3, 1, 1}));
  CHECK(torch::allclose(packed.forward(own, models::Mode::evaluate).logits, out));
}

TEST_CASE("the tangent kernel of scaled outputs has the square of the scale, as at finite width") {
  const Tensor x = data::to_inputs(few_digits().train_images);
  Json scaled = model("inf");
  scaled["output_scale"] = 10;
  kernels::LimitNetwork plain(model("inf"), few_digits().info, 1, torch::kCPU);
  kernels::LimitNetwork limit(scaled, few_digits().info, 1, torch::kCPU);
  CHECK(torch::allclose(limit.tangent_kernel(x), 100 * plain.tangent_kernel(x)));
  Json finite = model(1024);
  finite["output_scale"] = 10;
  const auto network = models::make_model(finite, few_digits().info, {1, 2, 3, 4}, torch::kCPU);
  const Tensor ntk = kernels::empirical_ntk(*network, x).traced.mean(0);
  CHECK(((ntk - limit.tangent_kernel(x)).norm() / ntk.norm()).item<double>() < 0.1);
}
