// SPDX-License-Identifier: MIT
#pragma once

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

/// Adds what whitening a layer of `width` units costs per sample in a batch of about its width: moments, factor, solve.
inline void add_whitening(std::int64_t width, study::ModelShape& shape) {
  shape.forward_flops += 3.0 * static_cast<double>(width) * static_cast<double>(width);
  shape.activations += width;
}

}  // namespace eigensweep::models
