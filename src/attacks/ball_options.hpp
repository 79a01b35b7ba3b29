// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cmath>

#include "attacked_samples.hpp"
#include "eigensweep/attacks/norm.hpp"
#include "eigensweep/attacks/objective_kinds.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/compute.hpp"

namespace eigensweep::attacks {

/// The options of attacks in balls of either norm.
struct BallAttack : AttackedSamples {
  Norm norm = Norm::linf;

  template <class T>
  static study::Fields<T>& add_to(study::Fields<T>& fields) {
    return AttackedSamples::add_to(fields).choice(
        "norm", &T::norm, {{"linf", Norm::linf}, {"l2", Norm::l2}},
        "of the ball: the largest change of a pixel, or the Euclidean length of all changes");
  }
  /// These options, to which an attack adds its own.
  template <class T>
  static study::Fields<T> common() {
    study::Fields<T> fields;
    fields.intensity("epsilon", {0, 1000}, "radius of the ball").unit("pixel");
    return T::add_to(fields);
  }
};

/// Says in one line why a ball of that radius is senseless in a dataset's box of pixels, or "".
inline std::string refuse_radius(Norm norm, double radius, const study::DatasetInfo& dataset) {
  const double range = dataset.upper - dataset.lower;
  const double across = norm == Norm::linf ? range : range * std::sqrt(static_cast<double>(dataset.input_size()));
  if (!(radius > across)) return "";
  return fmt::format(
      "a radius of {} holds every image, because pixels lie in [{}, {}]; give a value up to {} (in units of 1/255: "
      "divide by 255)",
      text::number(radius), text::number(dataset.lower), text::number(dataset.upper), text::number(across));
}

/// Says in one line why a dataset of so many classes has no such loss, or "".
inline std::string refuse_loss(Objective loss, const study::DatasetInfo& dataset) {
  if (loss != Objective::dlr || dataset.classes > 2) return "";
  return fmt::format(
      "loss 'dlr' needs three classes and the dataset has {} (it divides by a difference to the third largest logit); "
      "choose 'margin'",
      dataset.classes);
}

/// The same of an attack that follows the gradient, whose products may be rounded. Its verdicts are float32's.
struct GradientAttack : BallAttack {
  study::Compute compute = study::Compute::float32;
  Objective loss = Objective::cross_entropy;
  bool recompute_vanishing = false;

  template <class T>
  static study::Fields<T>& add_to(study::Fields<T>& fields) {
    BallAttack::add_to(fields).choice(
        "loss", &T::loss,
        {{"cross_entropy", Objective::cross_entropy},
         {"log_odds", Objective::log_odds},
         {"margin", Objective::margin},
         {"dlr", Objective::dlr}},
        "what the attack makes large; log_odds rises with cross_entropy, but its gradient does not vanish on confident "
        "samples");
    fields.boolean("recompute_vanishing", &T::recompute_vanishing,
                   "where saturated units make a gradient vanish (no entry above 1e-5), compute its direction again "
                   "from the logarithms of their slopes");
    return study::add_compute(fields, &T::compute, "the products behind the gradients that the attack follows");
  }

  [[nodiscard]] std::string refuse(const study::DatasetInfo& dataset) const { return refuse_loss(loss, dataset); }
};

}  // namespace eigensweep::attacks
