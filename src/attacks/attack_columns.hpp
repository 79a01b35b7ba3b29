// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::attacks {

/// What every attack on a classifier records, per strength.
inline std::vector<study::Column> robustness_columns() {
  return {
      {"robust_accuracy", {}, "f64", "", "share of the attacked samples still classified right"},
      {"robust_loss", {}, "f64", "", "mean cross entropy on the perturbed samples"},
  };
}

/// How many samples an attack's option "samples" asks for.
inline double attacked_samples(const Json& options, const study::WorkContext& context) {
  const auto asked = options.at("samples").get<std::int64_t>();
  return static_cast<double>(asked == 0 ? context.dataset.test_samples : std::min(asked, context.dataset.test_samples));
}

}  // namespace eigensweep::attacks
