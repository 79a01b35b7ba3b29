// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::training {

study::Kind declare_step() {
  study::Kind kind;
  kind.family = study::Family::schedule;
  kind.name = "step";
  kind.meaning = "the learning rate is multiplied by a factor every so many epochs, as StepLR";
  kind.source = "";
  kind.options = study::Options{}
                     .integer("every", std::nullopt, {1, 1e6}, "epochs between two changes")
                     .number("factor", 0.1, {0, 1, true}, "what the learning rate is multiplied by");
  return kind;
}

}  // namespace eigensweep::training
#endif
