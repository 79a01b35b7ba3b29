// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/models/network_options.hpp"

namespace eigensweep::metrics {

/// "" or why a network of this configuration has no tangent kernel: its outputs depend on other samples.
inline std::string refuse_tangents(const Json& config) {
  if (!models::network_of(config).reads_samples()) return "";
  return "tangent kernels want affine layers only, without batch_norm and whiten; leave out this metric or those";
}

}  // namespace eigensweep::metrics
