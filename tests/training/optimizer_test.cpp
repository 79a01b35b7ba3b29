// SPDX-License-Identifier: MIT
#include "eigensweep/training/optimizer.hpp"

#include <torch/optim.h>
#include <catch2/catch.hpp>
#include <cmath>

using namespace eigensweep;
using namespace eigensweep::training;

namespace {

Json adam(const char* kind, double rate, double decay, bool amsgrad) {
  return {{"kind", kind},    {"learning_rate", rate}, {"beta1", 0.9},         {"beta2", 0.99},
          {"epsilon", 1e-8}, {"amsgrad", amsgrad},    {"weight_decay", decay}};
}

// Ten steps of our optimiser on three lanes against LibTorch's own, one optimiser per lane.
template <typename Make>
double worst_difference(const std::vector<Json>& options, Make make_reference) {
  torch::manual_seed(3);
  std::vector<models::NamedTensor> parameters{{"w", torch::randn({3, 5, 4}).requires_grad_(true)},
                                              {"b", torch::randn({3, 5}).requires_grad_(true)}};
  std::vector<std::vector<Tensor>> copies(3);
  for (std::int64_t lane = 0; lane < 3; ++lane) {
    for (const auto& named : parameters) {
      copies[static_cast<std::size_t>(lane)].push_back(named.tensor.detach()[lane].clone().requires_grad_(true));
    }
  }
  const auto ours = make_optimizer(options, parameters);
  std::vector<std::unique_ptr<torch::optim::Optimizer>> references;
  for (std::size_t lane = 0; lane < 3; ++lane) references.push_back(make_reference(copies[lane], options[lane]));
  for (int step = 0; step < 10; ++step) {
    // Gradients that fall and rise, so that amsgrad's maximum matters.
    const double scale = step % 3 == 0 ? 2.0 : 0.3;
    const std::vector<Tensor> gradients{torch::randn({3, 5, 4}) * scale, torch::randn({3, 5}) * scale};
    ours->step(gradients, 1.0);
    for (std::size_t lane = 0; lane < 3; ++lane) {
      for (std::size_t i = 0; i < 2; ++i)
        copies[lane][i].mutable_grad() = gradients[i][static_cast<std::int64_t>(lane)].clone();
      references[lane]->step();
    }
  }
  double worst = 0;
  for (std::size_t lane = 0; lane < 3; ++lane) {
    for (std::size_t i = 0; i < 2; ++i) {
      const Tensor difference =
          parameters[i].tensor.detach()[static_cast<std::int64_t>(lane)] - copies[lane][i].detach();
      worst = std::max(worst, difference.abs().max().item<double>());
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("Adam equals torch's, with and without amsgrad, with a rate and a decay of each lane's own") {
  for (const bool amsgrad : {false, true}) {
    const std::vector<std::vector<Json>> cases{
        {adam("adam", 1e-2, 0, amsgrad), adam("adam", 1e-2, 0, amsgrad), adam("adam", 1e-2, 0, amsgrad)},
        {adam("adam", 1e-2, 0, amsgrad), adam("adam", 3e-2, 0, amsgrad), adam("adam", 1e-2, 0.1, amsgrad)}};
    for (const auto& options : cases) {
      CHECK(worst_difference(options, [&](const std::vector<Tensor>& parameters, const Json& lane) {
              return std::make_unique<torch::optim::Adam>(parameters,
                                                          torch::optim::AdamOptions(lane["learning_rate"].get<double>())
                                                              .betas({0.9, 0.99})
                                                              .weight_decay(lane["weight_decay"].get<double>())
                                                              .amsgrad(amsgrad));
            }) < 1e-6);
    }
  }
}

TEST_CASE("AdamW equals torch's") {
  const std::vector<Json> options(3, adam("adamw", 1e-2, 0.05, true));
  CHECK(worst_difference(options, [](const std::vector<Tensor>& parameters, const Json&) {
          return std::make_unique<torch::optim::AdamW>(
              parameters, torch::optim::AdamWOptions(1e-2).betas({0.9, 0.99}).weight_decay(0.05).amsgrad(true));
        }) < 1e-6);
}

TEST_CASE("SGD equals torch's, with momentum, Nesterov and decay") {
  for (const double momentum : {0.0, 0.9}) {
    for (const bool nesterov : {false, true}) {
      if (nesterov && momentum == 0.0) continue;
      const std::vector<Json> options(3, {{"kind", "sgd"},
                                          {"learning_rate", 0.05},
                                          {"momentum", momentum},
                                          {"nesterov", nesterov},
                                          {"weight_decay", 0.01}});
      CHECK(worst_difference(options, [&](const std::vector<Tensor>& parameters, const Json&) {
              return std::make_unique<torch::optim::SGD>(
                  parameters, torch::optim::SGDOptions(0.05).momentum(momentum).nesterov(nesterov).weight_decay(0.01));
            }) < 1e-6);
    }
  }
}

TEST_CASE("a parameter's factor multiplies its learning rate and leaves its decay alone") {
  const Json sgd{
      {"kind", "sgd"}, {"learning_rate", 0.1}, {"momentum", 0.0}, {"nesterov", false}, {"weight_decay", 0.5}};
  std::vector<models::NamedTensor> parameters{{"a", torch::ones({2, 3})}, {"b", torch::ones({2, 3})}};
  parameters[1].rate = 4;
  const auto optimizer = make_optimizer({sgd, sgd}, parameters);
  optimizer->step({torch::ones({2, 3}), torch::ones({2, 3})}, 1.0);
  CHECK((parameters[0].tensor - (1 - 0.1 * (1 + 0.5))).abs().max().item<double>() < 1e-6);
  CHECK((parameters[1].tensor - (1 - 0.4 * (1 + 0.5 / 4))).abs().max().item<double>() < 1e-6);
}

TEST_CASE("schedules follow their closed forms") {
  CHECK(schedule_factor({{"kind", "constant"}}, 7, 10) == 1.0);
  const Json cosine{{"kind", "cosine"}, {"final_factor", 0.1}};
  CHECK(schedule_factor(cosine, 0, 10) == Approx(1.0));
  CHECK(schedule_factor(cosine, 5, 10) == Approx(0.55));
  CHECK(schedule_factor(cosine, 10, 10) == Approx(0.1));
  const Json step{{"kind", "step"}, {"every", 3}, {"factor", 0.5}};
  CHECK(schedule_factor(step, 2, 10) == 1.0);
  CHECK(schedule_factor(step, 3, 10) == 0.5);
  CHECK(schedule_factor(step, 8, 10) == 0.25);
}
