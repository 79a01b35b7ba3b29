// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "colei.hpp"
#include "dense_layers.hpp"
#include "eigensweep/models/batch_norm.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/network_options.hpp"
#include "eigensweep/models/parametrisation.hpp"
#include "eigensweep/models/whitening.hpp"

namespace eigensweep::models {

/// E networks that are a sequence of affine layers (dense or convolutional), with batch norm and one whitened layer
/// where the options ask for them. A kind adds its layers in the order of torch's nn.Sequential and runs them.
class LayeredModel : public Model {
 public:
  LayeredModel(const NetworkOptions& options, const std::vector<std::uint64_t>& seeds, const torch::Device& device);

  bool trace_affine(bool wanted) override;
  void fit_inputs(const Tensor& images) override;
  void refresh(const Tensor& images) override;
  [[nodiscard]] std::string trouble(std::int64_t lane) const override;

 protected:
  /// Adds a layer with weights [E, ...shape] and biases [E, shape[0]], drawn from the lanes' seeds.
  void add_affine(Layer role, std::int64_t fan_in, const std::vector<std::int64_t>& shape);
  void add_batch_norm(std::int64_t units);
  /// Counts a layer of nn.Sequential that holds no tensors.
  void skip_place() { ++place_; }
  /// Adds whitening, if the options ask for it; the whitened layer has `width` units.
  void add_whitening(std::int64_t width);

  [[nodiscard]] const std::string& activation() const noexcept { return activation_; }
  [[nodiscard]] Tensor weight(std::size_t layer) const { return scaled(weights_[layer], scales_[layer].weight_factor); }
  [[nodiscard]] Tensor bias(std::size_t layer) const { return scaled(biases_[layer], scales_[layer].bias_factor); }
  [[nodiscard]] std::int64_t units(std::size_t layer) const { return biases_[layer].size(1); }
  [[nodiscard]] DenseLayer dense_layer(std::size_t layer) const {
    const BatchNorm* norm = layer < norms_.size() ? &norms_[layer] : nullptr;
    return {weight(layer), bias(layer), scales_[layer].weight_factor, scales_[layer].bias_factor, norm};
  }
  [[nodiscard]] AffineTrace trace(std::size_t layer, const Tensor& input, const Tensor& output) const {
    return {input, output, scales_[layer].weight_factor, scales_[layer].bias_factor};
  }
  [[nodiscard]] bool is_traced() const noexcept { return is_traced_; }
  [[nodiscard]] bool has_batch_norm() const noexcept { return !norms_.empty(); }
  [[nodiscard]] const BatchNorm& norm(std::size_t layer) const { return norms_[layer]; }
  /// Which hidden layer is whitened, from 1; 0: none.
  [[nodiscard]] std::size_t whitened_layer() const noexcept { return whitened_; }
  [[nodiscard]] bool is_whitened(std::size_t layer) const noexcept { return layer + 1 == whitened_; }
  Tensor whitened(const Tensor& h, Mode mode) { return (*whitening_)(h, mode); }

 private:
  Tensor trained(const char* what, Place place, double factor, Tensor tensor);
  [[nodiscard]] bool is_colei() const { return type_ == NetworkOptions::LayerType::colei; }
  /// What a layer of the type "colei" reads.
  [[nodiscard]] ColeiInputs colei_inputs(Layer role, std::int64_t fan_in) const;

  std::vector<std::uint64_t> seeds_;
  torch::Device device_;
  Parametrisation law_;
  NetworkOptions::LayerType type_;
  std::int64_t inhibitory_;  // units of a hidden layer
  std::string activation_;
  About about_;
  std::size_t whitened_;
  std::int64_t place_ = 0;       // in nn.Sequential
  std::uint64_t stream_ = 0;     // of random numbers
  std::vector<Tensor> weights_;  // [E, out, in], of convolutions [E, out, in, k, k]
  std::vector<Tensor> biases_;   // [E, out]
  std::vector<AffineScale> scales_;
  std::vector<BatchNorm> norms_;  // one per hidden layer, or none
  std::optional<Whitening> whitening_;
  bool is_traced_ = false;
};

}  // namespace eigensweep::models
