// SPDX-License-Identifier: MIT
#include "recurrent_weights.hpp"

#include <cmath>

#include "colei.hpp"
#include "dann_layer.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/layer_type.hpp"

namespace eigensweep::models {

RecurrentWeights::RecurrentWeights(const RecurrentPlace& place, const NetworkOptions& network,
                                   const std::vector<std::uint64_t>& seeds, const torch::Device& device,
                                   std::vector<NamedTensor>& parameters) {
  const std::int64_t width = network.width.value, inhibitory = inhibitory_units(network);
  const auto add = [&](const char* what, const Tensor& tensor, const Tensor& signs, double factor) {
    parameters.push_back({place.name + what, tensor.to(device).requires_grad_(true), weight_place(place.role)});
    parameters.back().signs = signs.defined() ? signs.to(device) : signs;
    parameters.back().gradient_factor = network.layer == NetworkOptions::LayerType::dann ? factor : 1;
    return parameters.back().tensor;
  };
  // By Dale's law inputs and state give half of a unit's variance each.
  const double half = std::sqrt(0.5);
  if (is_dann(network)) {
    const Tensor positive = torch::ones({1});
    const double size = half * initial_size(place.role, place.inputs);
    weight_ = add("ex", exponential_weights(seeds, place.stream, size, {width, place.inputs}), positive, 1);
    inhibitory_ = add("ix", exponential_weights(seeds, place.stream + 1, size, {inhibitory, place.inputs}), positive,
                      1 / std::sqrt(static_cast<double>(width)));
    const Tensor mean =
        torch::full({static_cast<std::int64_t>(seeds.size()), width, inhibitory}, 1 / static_cast<double>(inhibitory));
    inhibition_ = add("ei", mean, positive, 1 / static_cast<double>(place.inputs));
  } else if (network.layer == NetworkOptions::LayerType::colei) {
    const std::int64_t lowering = place.role == Layer::input ? 0 : inhibitory;
    const ColeiInputs columns{place.inputs - lowering, lowering};
    weight_ = add("", columns.initial_weights(seeds, place.stream, width).mul_(half), columns.signs(), 1);
  } else {
    // As torch.nn.RNN.
    weight_ = add("", default_uniform(seeds, place.stream, width, {width, place.inputs}), Tensor(), 1);
  }
}

Tensor RecurrentWeights::effective() const {
  return inhibition_.defined() ? weight_ - inhibition_.matmul(inhibitory_) : weight_;
}

void RecurrentWeights::add_gradients(const Tensor& gradient, std::vector<Tensor>& gradients) const {
  gradients.push_back(gradient);
  if (!inhibition_.defined()) return;
  gradients.push_back(inhibition_.transpose(1, 2).matmul(gradient).neg_());
  gradients.push_back(gradient.matmul(inhibitory_.transpose(1, 2)).neg_());
}

SignedWeights RecurrentWeights::apart() const {
  const auto exact = [](const Tensor& tensor) { return tensor.detach().to(torch::kFloat64); };
  if (inhibition_.defined()) {
    return {exact(weight_),
            exact(inhibition_).matmul(exact(inhibitory_)),
            {weight_.detach(), inhibitory_.detach(), inhibition_.detach()}};
  }
  return {exact(weight_).clamp_min(0), (-exact(weight_)).clamp_min(0), {weight_.detach()}};
}

void RecurrentWeights::add_units(HiddenUnits& state, std::vector<HiddenUnits>& between) const {
  state.parts.push_back({weight_.detach()});
  if (!inhibition_.defined()) return;
  state.parts.push_back({inhibition_.detach()});
  const std::int64_t count = inhibition_.size(2);
  between.push_back({{{inhibition_.detach(), 2}}, count, 0, count});
}

}  // namespace eigensweep::models
