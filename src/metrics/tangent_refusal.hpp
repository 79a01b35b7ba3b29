// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/core/json.hpp"

namespace eigensweep::metrics {

/// "" or why a network of this configuration has no tangent kernel: a sample's outputs depend on other samples.
inline std::string refuse_tangents(const Json& config) {
  const Json& model = config.at("model");
  if (!model.at("batch_norm").get<bool>() && model.at("whiten").get<int>() == 0) return "";
  return "tangent kernels want affine layers only, without batch_norm and whiten; leave out this metric or those";
}

}  // namespace eigensweep::metrics
