// SPDX-License-Identifier: MIT
#include "attacked_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct Fgsm : GradientAttack {
  static study::Fields<Fgsm> fields() {
    study::Fields<Fgsm> fields;
    fields.intensity("epsilon", {0, 1}, "radius of the L-infinity ball").unit("pixel");
    return add_to(fields);
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_fgsm() {
  return declare_attack<Fgsm>(
      "fgsm", "epsilon", "fast gradient sign method: one step of size epsilon along the sign of the loss gradient",
      "Goodfellow, Shlens, Szegedy 2015, arXiv:1412.6572; as foolbox LinfFastGradientAttack",
      // The clean samples; one gradient (forward and backward to the input: twice the forward); each intensity.
      [](const Fgsm&, double intensities) { return 3.0 + intensities; },
      // The perturbed samples and the gradient; the check whether they are finite.
      [](const Fgsm&) {
        return study::HeldImages{3.75, 3};
      });
}

}  // namespace eigensweep::attacks
#else
#include "ball.hpp"
#include "objective.hpp"

namespace eigensweep::attacks {
namespace {

class FastGradientSign final : public Attack {
 public:
  explicit FastGradientSign(Fgsm options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    Tensor gradient;  // at the clean samples, so one serves all intensities
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      Ball ball(problem, intensities[i]);
      Tensor x = ball.centre();
      if (intensities[i] > 0) {
        if (!gradient.defined()) {
          gradient = slope(problem.model, x, options_.loss, problem.labels, {}, options_.compute).gradient;
        }
        ball.step(x, gradient, intensities[i]);
        ball.mark_broken(x);
      }
      visit(i, x);
    }
  }

 private:
  Fgsm options_;
};

}  // namespace

std::unique_ptr<Attack> make_fgsm(const Json& options) {
  return std::make_unique<FastGradientSign>(study::read<Fgsm>(options));
}

}  // namespace eigensweep::attacks
#endif
