// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>

#include "eigensweep/models/model.hpp"

/// Checks the derivatives of a float64 network's logits, weighted at random, by its inputs x [E, B, d] and by every
/// parameter, along a random direction each, against finite differences.
inline void check_derivatives(eigensweep::models::Model& model, torch::Tensor x, std::int64_t classes) {
  using namespace eigensweep::models;
  x.requires_grad_(true);
  const Tensor directions = torch::randn({x.size(0), classes, x.size(1)}, torch::kFloat64);
  const auto loss = [&] { return (model.forward(Inputs::per_lane(x), Mode::train).logits * directions).sum(); };
  std::vector<Tensor> places{x};
  for (const NamedTensor& named : model.parameters()) places.push_back(named.tensor);
  const std::vector<Tensor> gradients = torch::autograd::grad({loss()}, places);
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Tensor direction = torch::randn_like(places[i]);
    constexpr double step = 1e-6;
    places[i].add_(direction, step);
    const double above = loss().item<double>();
    places[i].add_(direction, -2 * step);
    const double below = loss().item<double>();
    places[i].add_(direction, step);
    INFO((i == 0 ? "inputs" : model.parameters()[i - 1].name));
    CHECK((gradients[i] * direction).sum().item<double>() ==
          Approx((above - below) / (2 * step)).epsilon(1e-5).margin(1e-7));
  }
}
