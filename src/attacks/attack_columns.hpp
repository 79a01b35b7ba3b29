// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::attacks {

/// What every attack on a classifier records.
inline std::vector<study::Column> robustness_columns() {
  return {
      {"robust_accuracy", {}, "f64", "", "share of the attacked samples still classified right"},
      {"robust_loss", {}, "f64", "", "mean cross entropy on the perturbed samples"},
      {"clean_accuracy", {}, "f64", "", "share of the same samples classified right before the attack", nullptr, false},
      {"clean_loss", {}, "f64", "", "mean cross entropy on the same samples before the attack", nullptr, false},
  };
}

/// Adds the options that say which samples are attacked; `samples`: how many by default.
inline study::Options with_samples(study::Options options, int samples) {
  options.integer("samples", samples, {0, 1e7}, "number of samples attacked, from the first, or all where there are fewer; 0: all")
      .choice("split", "test", {"test", "validation"}, "from which part of the dataset");
  return options;
}

/// "" or why there are no such samples.
inline std::string refuse_split(const Json& options, const Json& config) {
  if (options.value("split", "test") == "test") return "";
  if (config.at("dataset").value("validation_samples", 0) > 0) return "";
  return "split 'validation' asks for samples that are not there; set /dataset/validation_samples, or choose 'test'";
}

/// study::Kind::subsets of every attack.
inline std::vector<study::Subset> attacked_subset(const Json& options) {
  return {{options.value("split", "test"), options.at("samples").get<std::int64_t>(), "samples"}};
}

/// How many samples an attack's options ask for.
inline double attacked_samples(const Json& options, const study::WorkContext& context) {
  const auto asked = options.at("samples").get<std::int64_t>();
  const bool validation = options.value("split", "test") == "validation";
  const std::int64_t there = validation ? context.dataset.validation_samples : context.dataset.test_samples;
  return static_cast<double>(asked == 0 ? there : std::min(asked, there));
}

}  // namespace eigensweep::attacks
