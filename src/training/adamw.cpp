// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::training {

study::Kind declare_adamw() {
  study::Kind kind;
  kind.family = study::Family::optimizer;
  kind.name = "adamw";
  kind.meaning = "Adam with decoupled weight decay, as torch.optim.AdamW";
  kind.source = "Loshchilov, Hutter 2019, arXiv:1711.05101";
  kind.options =
      study::Options{}
          .number("learning_rate", 1e-3, {0, 1e3, true}, "step size")
          .per_lane()
          .number("beta1", 0.9, {0, 1, false}, "decay of the mean of gradients")
          .number("beta2", 0.999, {0, 1, false}, "decay of the mean of squared gradients")
          .number("epsilon", 1e-8, {0, 1, true}, "added to the denominator")
          .boolean("amsgrad", false, "divide by the largest second moment seen so far (Reddi, Kale, Kumar 2018)")
          .number("weight_decay", 0.01, {0, 1e3}, "decay of the weights, apart from the gradient")
          .per_lane();
  return kind;
}

}  // namespace eigensweep::training

#else
#include "adaptive.hpp"

namespace eigensweep::training {

std::unique_ptr<Optimizer> make_adamw(const std::vector<Json>& options, std::vector<models::NamedTensor>& parameters) {
  return make_adaptive(options, parameters, Decay::decoupled);
}

}  // namespace eigensweep::training
#endif
