// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::training {

study::Kind declare_constant() {
  study::Kind kind;
  kind.family = study::Family::schedule;
  kind.name = "constant";
  kind.meaning = "the learning rate stays as it is";
  kind.source = "";
  kind.options = study::Options{};
  return kind;
}

}  // namespace eigensweep::training

#else
#include <cstdint>

#include "eigensweep/core/json.hpp"

namespace eigensweep::training {

double factor_constant(const Json&, std::int64_t, std::int64_t) { return 1.0; }

}  // namespace eigensweep::training
#endif
