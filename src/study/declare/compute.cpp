// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/compute.hpp"

namespace eigensweep::study {

bool rounds_products(const Json& options) { return options.value("compute", "float32") != "float32"; }

std::string refuse_rounding(const Json& options, const ModelShape& shape) {
  const bool is_infinite = shape.infinite_layers > 0;
  if (!is_infinite && shape.numbers_in_one == 1) return "";
  return fmt::format("compute '{}' rounds the products of a float32 network, and this one {}; choose 'float32'",
                     options.at("compute").get<std::string>(),
                     is_infinite ? "has infinite width" : "computes in float64");
}

}  // namespace eigensweep::study
