// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/compute.hpp"

namespace eigensweep::study {

// A large grid asks this of each of its cells.
bool rounds_products(const Json& options) {
  const auto compute = options.find("compute");
  return compute != options.end() && compute->get_ref<const std::string&>() != "float32";
}

std::string refuse_rounding(const Json& options, const ModelShape& shape) {
  const bool is_infinite = shape.infinite_layers > 0;
  if (!is_infinite && shape.numbers_in_one == 1) return "";
  return fmt::format("compute '{}' rounds the products of a float32 network, and this one {}; choose 'float32'",
                     options.at("compute").get<std::string>(),
                     is_infinite ? "has infinite width" : "computes in float64");
}

}  // namespace eigensweep::study
