// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/models/layer_type.hpp"

namespace eigensweep::metrics {

/// "" or why a network of this configuration has no tangent kernel: its outputs depend on other samples.
inline std::string refuse_tangents(const Json& config) {
  if (config.at("model").at("kind") == "rnn") {
    return "tangent kernels want affine layers only, and an rnn uses one layer many times; leave out this metric, or "
           "choose the model 'mlp'";
  }
  const models::NetworkOptions network = models::network_of(config);
  if (models::is_dann(network)) {
    return "tangent kernels want affine layers only, and a layer 'dann' divides by its inhibition; leave out this "
           "metric, or choose layer 'dense' or 'colei'";
  }
  if (!network.reads_samples()) return "";
  return "tangent kernels want affine layers only, without batch_norm and whiten; leave out this metric or those";
}

}  // namespace eigensweep::metrics
