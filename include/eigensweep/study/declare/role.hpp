// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::study {

/// Where an axis stands decides what it multiplies.
enum class Role {
  training,    ///< under dataset, model, training, regularizers, or `cases`: multiplies trials
  evaluation,  ///< under attacks, metrics: never multiplies trials
  replicate    ///< `seed`: multiplies trials; statistics are taken over it
};

}  // namespace eigensweep::study
