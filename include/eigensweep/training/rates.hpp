// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::training {

/// A lane's options that every optimiser has.
struct Rates {
  double learning_rate = 0;
  double weight_decay = 0;
};

}  // namespace eigensweep::training
