// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "eigensweep/study/declare/compute.hpp"

namespace eigensweep::attacks {

/// Which samples an attack perturbs: options that all attacks share.
struct AttackedSamples {
  std::int64_t samples = 1000;
  std::string split = "test";

  /// How many of the split's `there` samples are attacked.
  [[nodiscard]] std::int64_t count(std::int64_t there) const { return samples == 0 ? there : std::min(samples, there); }
  [[nodiscard]] std::int64_t count(const study::DatasetInfo& dataset) const {
    return count(split == "validation" ? dataset.validation_samples : dataset.test_samples);
  }

  /// Adds these options to an attack's own.
  template <class T>
  static study::Fields<T>& add_to(study::Fields<T>& fields) {
    return fields
        .integer("samples", &T::samples, {0, 1e7},
                 "number of samples attacked, from the first, or all where there are fewer; 0: all")
        .choice("split", &T::split, {"test", "validation"}, "from which part of the dataset");
  }
  static study::Fields<AttackedSamples> fields() {
    study::Fields<AttackedSamples> fields;
    return add_to(fields);
  }
};

/// The same of an attack that follows the gradient, whose products may be rounded. Its verdicts are float32's.
struct GradientAttack : AttackedSamples {
  study::Compute compute = study::Compute::float32;

  template <class T>
  static study::Fields<T>& add_to(study::Fields<T>& fields) {
    return study::add_compute(AttackedSamples::add_to(fields), &T::compute,
                              "the products behind the gradients that the attack follows");
  }
};

}  // namespace eigensweep::attacks
