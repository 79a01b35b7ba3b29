// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "eigensweep/study/declare/compute.hpp"
#include "objective_kinds.hpp"

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

/// Says in one line why a dataset of so many classes has no such loss, or "".
inline std::string refuse_loss(Objective loss, const study::DatasetInfo& dataset) {
  if (loss != Objective::dlr || dataset.classes > 2) return "";
  return fmt::format(
      "loss 'dlr' needs three classes and the dataset has {} (it divides by a difference to the third largest logit); "
      "choose 'margin'",
      dataset.classes);
}

/// The same of an attack that follows the gradient, whose products may be rounded. Its verdicts are float32's.
struct GradientAttack : AttackedSamples {
  study::Compute compute = study::Compute::float32;
  Objective loss = Objective::cross_entropy;

  template <class T>
  static study::Fields<T>& add_to(study::Fields<T>& fields) {
    AttackedSamples::add_to(fields).choice(
        "loss", &T::loss,
        {{"cross_entropy", Objective::cross_entropy},
         {"log_odds", Objective::log_odds},
         {"margin", Objective::margin},
         {"dlr", Objective::dlr}},
        "what the attack makes large; log_odds rises with cross_entropy, but its gradient does not vanish on confident "
        "samples");
    return study::add_compute(fields, &T::compute, "the products behind the gradients that the attack follows");
  }

  [[nodiscard]] std::string refuse(const study::DatasetInfo& dataset) const { return refuse_loss(loss, dataset); }
};

}  // namespace eigensweep::attacks
