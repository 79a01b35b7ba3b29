// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace eigensweep::attacks {

/// What a protocol spends on each sample at the radius that it withstands. 0 leaves an attack out.
struct Effort {
  std::int64_t steps = 20;     ///< of each run of APGD: on all wrong classes together, then towards each
  std::int64_t targets = 9;    ///< wrong classes that APGD and FAB go towards, the likeliest first
  bool gives_up = false;       ///< runs of APGD towards a class end where it is out of reach (ApgdSteps::gives_up)
  std::int64_t fab_steps = 0;  ///< of FAB towards each class
  std::int64_t queries = 200;  ///< of the Square attack
};

}  // namespace eigensweep::attacks
