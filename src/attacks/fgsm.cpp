// SPDX-License-Identifier: MIT
#ifdef EIGENSWEEP_DECLARATIONS
#include "attack_columns.hpp"
#include "eigensweep/study/kind.hpp"

namespace eigensweep::attacks {

study::Kind declare_fgsm() {
  study::Kind kind;
  kind.family = study::Family::attack;
  kind.name = "fgsm";
  kind.meaning = "fast gradient sign method: one step of size epsilon along the sign of the loss gradient";
  kind.source = "Goodfellow, Shlens, Szegedy 2015, arXiv:1412.6572; as foolbox LinfFastGradientAttack";
  kind.options = with_samples(
      study::Options{}.number("epsilon", std::nullopt, {0, 1}, "radius of the L-infinity ball").unit("pixel"), 1000);
  kind.refuse = refuse_split;
  kind.subsets = attacked_subset;
  kind.strength = "epsilon";
  kind.columns = robustness_columns();
  kind.work = [](const Json& options, const study::WorkContext& context) {
    const double samples = attacked_samples(options, context);
    const auto strengths = static_cast<double>(context.strengths);
    // The clean samples; one gradient (forward and backward to the input: twice the forward); each strength.
    return samples * context.model.forward_flops * (3.0 + strengths);
  };
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "ball.hpp"
#include "eigensweep/attacks/gradient.hpp"

namespace eigensweep::attacks {
namespace {

class FastGradientSign final : public Attack {
 public:
  void perturb(const Problem& problem, const std::vector<double>& strengths, const Visit& visit) override {
    Tensor gradient;  // at the clean samples, so one serves all strengths
    for (std::size_t i = 0; i < strengths.size(); ++i) {
      const Ball ball(problem, strengths[i]);
      Tensor x = ball.centre();
      if (strengths[i] > 0) {
        if (!gradient.defined()) gradient = input_gradient(problem.model, x, problem.labels);
        ball.step(x, gradient, strengths[i]);
      }
      visit(i, x);
    }
  }
};

}  // namespace

std::unique_ptr<Attack> make_fgsm(const Json&) { return std::make_unique<FastGradientSign>(); }

}  // namespace eigensweep::attacks
#endif
