// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

/// A first layer that normalises inputs, as part of the network: an attack's epsilon stays in units of the inputs, and
/// its gradient runs through the layer.
class InputNorm {
 public:
  InputNorm() = default;
  virtual ~InputNorm() = default;
  InputNorm(const InputNorm&) = delete;
  InputNorm& operator=(const InputNorm&) = delete;

  /// x [.., d] to the same shape. Differentiable.
  [[nodiscard]] virtual Tensor operator()(const Tensor& x) const = 0;
  /// Computes its statistics over the training set, `images` [n, d] as in a DeviceDataset.
  virtual void fit(const Tensor& images) { (void)images; }
  /// The statistics to store with the network, [E, ...].
  [[nodiscard]] virtual std::vector<NamedTensor> buffers() const { return {}; }
};

/// The layer of a model's option "normalise", null for "none":
/// per_channel: (x - mean of the channel) / its standard deviation, both over the training set's samples and pixels;
/// per_image: (x - mean of the image) / max(its standard deviation, 1/sqrt(d)), so that its squared norm is d.
/// The bound is TensorFlow's; it only matters for an image of one grey.
std::unique_ptr<InputNorm> make_input_norm(NetworkOptions::InputScale scale, const study::DatasetInfo& dataset,
                                           std::int64_t lanes, const torch::Device& device);

}  // namespace eigensweep::models
