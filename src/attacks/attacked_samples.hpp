// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "eigensweep/study/declare/fields.hpp"

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

  /// Says in one line why a robust accuracy would say little, or "".
  [[nodiscard]] std::string warning() const {
    constexpr std::int64_t enough = 500;
    if (samples == 0 || samples >= enough) return "";
    const double half_width = 98 / std::sqrt(static_cast<double>(samples));  // in percent, of a share of one half
    return fmt::format("{} samples leave a robust accuracy of 50 % uncertain by {:.0f} % (95 % interval); take {}",
                       samples, half_width, enough);
  }

  /// Says in one line why the attack cannot run on a dataset, or "".
  [[nodiscard]] std::string refuse(const study::DatasetInfo& /*dataset*/) const { return ""; }

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

}  // namespace eigensweep::attacks
