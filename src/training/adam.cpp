// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::training {

study::Kind declare_adam() {
  study::Kind kind;
  kind.family = study::Family::optimizer;
  kind.name = "adam";
  kind.meaning = "Adam, as torch.optim.Adam";
  kind.source = "Kingma, Ba 2015, arXiv:1412.6980";
  kind.options =
      study::Options{}
          .number("learning_rate", 1e-3, {0, 1e3, true}, "step size")
          .per_lane()
          .number("beta1", 0.9, {0, 1, false}, "decay of the mean of gradients")
          .number("beta2", 0.999, {0, 1, false}, "decay of the mean of squared gradients")
          .number("epsilon", 1e-8, {0, 1, true}, "added to the denominator")
          .boolean("amsgrad", false, "divide by the largest second moment seen so far (Reddi, Kale, Kumar 2018)")
          .number("weight_decay", 0.0, {0, 1e3}, "L2 penalty, added to the gradient")
          .per_lane();
  return kind;
}

}  // namespace eigensweep::training

#else
#include "adaptive.hpp"

namespace eigensweep::training {

std::unique_ptr<Optimizer> make_adam(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters) {
  return make_adaptive(options, parameters, Decay::coupled);
}

}  // namespace eigensweep::training
#endif
