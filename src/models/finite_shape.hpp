// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include <cstdint>

#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

/// A ModelShape without layers yet: what follows from the options that every network has.
inline study::ModelShape finite_shape(const NetworkOptions& network) {
  study::ModelShape shape;
  shape.networks = network.centre_output ? 2 : 1;
  shape.numbers_in_one = network.precision == NetworkOptions::Precision::float64 ? 2 : 1;
  return shape;
}

/// How many numbers of each unit the backward pass keeps: the result of the nonlinearity, and its argument where the
/// derivative is no function of the result; with batch norm its result, too.
inline std::int64_t kept_of_unit(const NetworkOptions& network) {
  const bool needs_argument = network.activation == "erf" || network.activation == "gelu";
  return 1 + (needs_argument ? 1 : 0) + (network.batch_norm ? 1 : 0);
}

/// Adds what whitening a layer of `width` units costs per sample in a batch of about its width: moments, factor, solve.
inline void add_whitening(std::int64_t width, study::ModelShape& shape) {
  shape.forward_flops += 3.0 * static_cast<double>(width) * static_cast<double>(width);
  // The centred activations and the whitened ones, in float64, and the latter in the network's precision.
  shape.activations += 5 * width;
  // By the activations and by the centred ones, in float64.
  shape.gradients = std::max(shape.gradients, 4 * width);
  shape.whitened_widths.push_back(width);
}

}  // namespace eigensweep::models
