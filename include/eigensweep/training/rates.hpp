// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::training {

/// A lane's options that every optimiser has. read<Rates>() of a resolved "optimizer" section of any kind gives the
/// learning rate.
struct Rates {
  double learning_rate = 0;
  double weight_decay = 0;

  /// The options of an optimiser T, which is a Rates, with the learning rate first.
  template <class T>
  static study::Fields<T> with_learning_rate() {
    study::Fields<T> fields;
    fields.number("learning_rate", &T::learning_rate, {0, 1e3, true}, "step size").per_lane();
    return fields;
  }
  static study::Fields<Rates> fields() { return with_learning_rate<Rates>(); }
};

}  // namespace eigensweep::training
