// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

/// A fully connected network written down as plainly as possible, so that tests of what acts on a network do not rest
/// on the networks under test. Weights [E, out, in] and biases [E, out] are given; the last layer is affine.
class ToyNetwork final : public eigensweep::models::Model {
 public:
  using Tensor = torch::Tensor;
  using Nonlinearity = std::function<Tensor(const Tensor&)>;

  ToyNetwork(const std::vector<std::pair<Tensor, Tensor>>& layers, Nonlinearity nonlinearity)
      : nonlinearity_(std::move(nonlinearity)) {
    lanes_ = layers.front().first.size(0);
    hidden_layers_ = layers.size() - 1;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      parameters_.push_back({std::to_string(2 * i) + ".weight", layers[i].first});
      parameters_.push_back({std::to_string(2 * i) + ".bias", layers[i].second});
    }
  }

  /// Random weights and biases of the scale 1/sqrt(fan_in); sizes from input to logits.
  static ToyNetwork random(
      std::int64_t lanes, const std::vector<std::int64_t>& sizes, std::uint64_t seed,
      Nonlinearity nonlinearity = [](const Tensor& h) { return h.tanh(); }) {
    torch::manual_seed(seed);
    std::vector<std::pair<Tensor, Tensor>> layers;
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
      const double scale = 1.0 / std::sqrt(static_cast<double>(sizes[i]));
      layers.emplace_back(torch::randn({lanes, sizes[i + 1], sizes[i]}) * scale,
                          torch::randn({lanes, sizes[i + 1]}) * 0.1);
    }
    return ToyNetwork(layers, std::move(nonlinearity));
  }

  /// Only lane `lane` of this network.
  [[nodiscard]] ToyNetwork alone(std::int64_t lane) const {
    std::vector<std::pair<Tensor, Tensor>> layers;
    for (std::size_t i = 0; i < parameters_.size(); i += 2) {
      layers.emplace_back(parameters_[i].tensor.slice(0, lane, lane + 1),
                          parameters_[i + 1].tensor.slice(0, lane, lane + 1));
    }
    return ToyNetwork(layers, nonlinearity_);
  }

  eigensweep::models::Output run(const eigensweep::models::Inputs& inputs, eigensweep::models::Mode) override {
    eigensweep::models::Output output;
    const Tensor x = inputs.x.repeat_interleave(torch::tensor(inputs.lanes), 0);  // [E, B, d]
    Tensor h = x.transpose(1, 2);
    for (std::size_t i = 0; i < parameters_.size(); i += 2) {
      h = parameters_[i].tensor.matmul(h) + parameters_[i + 1].tensor.unsqueeze(-1);
      if (i + 2 == parameters_.size()) break;
      h = nonlinearity_(h);
      output.hidden.push_back(h);
    }
    output.logits = h;
    return output;
  }

 private:
  Nonlinearity nonlinearity_;
};
