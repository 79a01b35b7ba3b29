// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "attack_columns.hpp"
#include "eigensweep/study/kind.hpp"

namespace eigensweep::attacks {

study::Kind declare_pgd() {
  study::Kind kind;
  kind.family = study::Family::attack;
  kind.name = "pgd";
  kind.meaning = "projected gradient descent in the L-infinity ball: signed steps, projected back, last iterate";
  kind.source = "Madry et al. 2018, arXiv:1706.06083; as foolbox LinfProjectedGradientDescentAttack";
  kind.options =
      study::Options{}
          .number("epsilon", std::nullopt, {0, 1}, "radius of the L-infinity ball")
          .unit("pixel")
          .integer("samples", 1000, {0, 1e7}, "how many test samples are attacked, from the first; 0 attacks all")
          .integer("steps", 40, {1, 1e6}, "number of gradient steps")
          .number("relative_step", 0.01 / 0.3, {0, 10, true}, "step size as a share of epsilon")
          .boolean("random_start", true, "start from a uniformly random point of the ball");
  kind.strength = "epsilon";
  kind.columns = robustness_columns();
  kind.work = [](const Json& options, const study::WorkContext& context) {
    const double samples = attacked_samples(options, context);
    const auto strengths = static_cast<double>(context.strengths);
    const auto steps = options.at("steps").get<double>();
    return samples * strengths * context.model.forward_flops * (2.0 * steps + 1.0);
  };
  return kind;
}

}  // namespace eigensweep::attacks
#endif
