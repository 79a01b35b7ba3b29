// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::training {

study::Kind declare_cosine() {
  study::Kind kind;
  kind.family = study::Family::schedule;
  kind.name = "cosine";
  kind.meaning = "the learning rate falls as half a cosine over the epochs, as CosineAnnealingLR";
  kind.source = "Loshchilov, Hutter 2017, arXiv:1608.03983";
  kind.options = study::Options{}.number("final_factor", 0.0, {0, 1},
                                         "learning rate after the last epoch, as a share of the first");
  return kind;
}

}  // namespace eigensweep::training
#endif
