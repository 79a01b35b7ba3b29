// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace eigensweep::study {

/// Where an axis stands decides what it multiplies.
enum class Role {
  training,    ///< under dataset, model, training, regularizers, or `cases`: multiplies trials
  evaluation,  ///< under attacks, metrics: never multiplies trials
  replicate    ///< `seed`: multiplies trials; statistics are taken over it
};

/// As results.h5 and plans name it.
constexpr std::string_view word(Role role) {
  switch (role) {
    case Role::training:
      return "training";
    case Role::evaluation:
      return "evaluation";
    case Role::replicate:
      return "replicate";
  }
  return "";
}

}  // namespace eigensweep::study
