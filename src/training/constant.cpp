// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::training {

#ifdef EIGENSWEEP_DECLARATIONS
study::Kind declare_constant() {
  study::Kind kind;
  kind.family = study::Family::schedule;
  kind.name = "constant";
  kind.meaning = "the learning rate stays as it is";
  kind.limit_wants = [](const Json&) { return std::string(); };
  return kind;
}
#else
double factor_constant(const Json&, std::int64_t, std::int64_t) { return 1.0; }
#endif

}  // namespace eigensweep::training
