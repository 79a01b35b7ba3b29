// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::training {

study::Kind declare_sgd() {
  study::Kind kind;
  kind.family = study::Family::optimizer;
  kind.name = "sgd";
  kind.meaning = "stochastic gradient descent with momentum, as torch.optim.SGD";
  kind.source = "";
  kind.options = study::Options{}
                     .number("learning_rate", 0.1, {0, 1e3, true}, "step size")
                     .per_lane()
                     .number("momentum", 0.0, {0, 1, false}, "decay of the running sum of gradients")
                     .boolean("nesterov", false, "look ahead along the momentum")
                     .number("weight_decay", 0.0, {0, 1e3}, "L2 penalty, added to the gradient")
                     .per_lane();
  return kind;
}

}  // namespace eigensweep::training
#endif
