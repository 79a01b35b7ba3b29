// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::training {

/// What the options of every optimiser say of a lane.
struct Rates {
  double learning_rate = 0;
  double weight_decay = 0;
};

}  // namespace eigensweep::training
