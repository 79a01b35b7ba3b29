// SPDX-License-Identifier: MIT
#include "layered.hpp"

#include <utility>

#include "eigensweep/models/layer_type.hpp"

namespace eigensweep::models {

LayeredModel::LayeredModel(const NetworkOptions& options, const std::vector<std::uint64_t>& seeds,
                           const torch::Device& device)
    : seeds_(seeds),
      device_(device),
      law_(options),
      type_(options.layer),
      inhibitory_(inhibitory_units(options)),
      activation_(options.activation),
      about_(options.whiten_about == NetworkOptions::Centre::zero ? About::zero : About::mean),
      whitened_(static_cast<std::size_t>(options.whiten)) {
  lanes_ = static_cast<std::int64_t>(seeds.size());
}

Tensor LayeredModel::trained(const char* what, Place place, double factor, Tensor tensor) {
  tensor.requires_grad_(true);
  parameters_.push_back({fmt::format("{}.{}", place_, what), tensor, place, /*rate=*/1, factor});
  return tensor;
}

void LayeredModel::add_affine(Layer role, std::int64_t fan_in, const std::vector<std::int64_t>& shape) {
  scales_.push_back(law_.scale(role, fan_in));
  const ColeiInputs signed_inputs = colei_inputs(role, fan_in);
  const Tensor weight = is_colei() ? signed_inputs.initial_weights(seeds_, stream_, shape.front())
                                   : law_.initial_weight(seeds_, stream_, role, fan_in, shape);
  const Tensor bias = is_colei() ? torch::zeros({lanes_, shape.front()})
                                 : law_.initial_bias(seeds_, stream_ + 1, role, fan_in, shape.front());
  stream_ += 2;
  weights_.push_back(trained("weight", weight_place(role), scales_.back().weight_factor, weight.to(device_)));
  if (is_colei()) parameters_.back().signs = signed_inputs.signs().to(device_);
  biases_.push_back(trained("bias", bias_place(role), scales_.back().bias_factor, bias.to(device_)));
  ++place_;
}

ColeiInputs LayeredModel::colei_inputs(Layer role, std::int64_t fan_in) const {
  const std::int64_t inhibitory = role == Layer::input ? 0 : inhibitory_;
  return {fan_in - inhibitory, inhibitory};
}

// Inputs that all excite would otherwise push every unit of the first layer far above its threshold.
void LayeredModel::fit_inputs(const Tensor& images) {
  Model::fit_inputs(images);
  if (!is_colei()) return;
  const torch::NoGradGuard no_gradients;
  const std::int64_t fan_in = weights_.front().size(2);
  const double mean_of_input = mean_input(images);
  biases_.front().fill_(-static_cast<double>(fan_in) * colei_inputs(Layer::input, fan_in).excitatory_size() *
                        mean_of_input);
}

void LayeredModel::add_batch_norm(std::int64_t units) {
  norms_.emplace_back(lanes_, units, device_);
  norms_.back().add_to(fmt::format("{}", place_++), parameters_, buffers_);
}

void LayeredModel::add_whitening(std::int64_t width) {
  if (whitened_ == 0) return;
  whitening_.emplace(lanes_, width, about_, device_);
  buffers_.push_back({"whitening.factor", whitening_->factor()});
}

bool LayeredModel::trace_affine(bool wanted) {
  // Batch norm and whitening are not affine layers, so the traces would lack them.
  if (wanted && (has_batch_norm() || whitening_)) return false;
  is_traced_ = wanted;
  return true;
}

void LayeredModel::refresh(const Tensor& images) {
  if (whitening_) whitening_->refresh(*this, images, whitened_ - 1);
}

std::string LayeredModel::trouble(std::int64_t lane) const { return whitening_ ? whitening_->trouble(lane) : ""; }

}  // namespace eigensweep::models
