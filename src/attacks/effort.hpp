// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace eigensweep::attacks {

/// What a protocol spends on each sample at the radius that it withstands. 0 leaves an attack out.
struct Effort {
  std::int64_t runs = 1;           ///< of APGD on all wrong classes together, each from another start
  std::int64_t steps = 100;        ///< of each
  std::int64_t targets = 9;        ///< wrong classes that APGD and FAB go towards, the likeliest first
  std::int64_t target_steps = 20;  ///< of APGD towards each class
  /// Runs of APGD end where nothing is in reach (ApgdSteps::gives_up), and further runs on all classes leave out
  /// samples on which that was plain soon (ApgdSteps::leaves_out).
  bool gives_up = false;
  std::int64_t fab_steps = 0;  ///< of FAB towards each class
  std::int64_t queries = 200;  ///< of the Square attack
};

}  // namespace eigensweep::attacks
