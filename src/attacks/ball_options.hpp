// SPDX-License-Identifier: MIT
#pragma once

#include "attacked_samples.hpp"
#include "norm.hpp"

namespace eigensweep::attacks {

/// The options of attacks in balls of either norm.
struct BallAttack : AttackedSamples {
  Norm norm = Norm::linf;

  /// These options, to which an attack adds its own.
  template <class T>
  static study::Fields<T> common() {
    study::Fields<T> fields;
    fields.intensity("epsilon", {0, 1000}, "radius of the ball").unit("pixel");
    return add_to(fields).choice("norm", &T::norm, {{"linf", Norm::linf}, {"l2", Norm::l2}},
                                 "of the ball: the largest change of a pixel, or the Euclidean length of all changes");
  }
};

}  // namespace eigensweep::attacks
