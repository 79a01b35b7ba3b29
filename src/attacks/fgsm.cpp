// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct Fgsm : GradientAttack {
  static study::Fields<Fgsm> fields() { return common<Fgsm>(); }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_fgsm() {
  study::Kind kind = declare_attack<Fgsm>(
      "fgsm", "epsilon",
      "fast gradient method: one step of length epsilon along the sign of the loss gradient (L2: along the gradient)",
      "Goodfellow, Shlens, Szegedy 2015, arXiv:1412.6572; as foolbox LinfFastGradientAttack, L2FastGradientAttack",
      // The clean samples; one gradient (forward and backward to the input: twice the forward); each intensity.
      [](const Fgsm&, double intensities) { return 3.0 + intensities; },
      // The perturbed samples and the gradient; the check whether they are finite.
      [](const Fgsm&) {
        return study::HeldImages{3.75, 3};
      });
  kind.columns.push_back(gradients_column());
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "ball.hpp"
#include "followed_gradient.hpp"
#include "gradient_count.hpp"

namespace eigensweep::attacks {
namespace {

class FastGradientSign final : public Attack {
 public:
  explicit FastGradientSign(Fgsm options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    Tensor gradient;  // at the clean samples, so one serves all intensities
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      Ball ball(problem, intensities[i], options_.norm);
      Tensor x = ball.centre();
      if (intensities[i] > 0) {
        if (!gradient.defined()) {
          gradient = followed_gradient(problem, x, options_);
          gradients_.add(x.size(1));
        }
        ball.step(x, gradient, intensities[i]);
        ball.mark_broken(x);
      }
      visit(i, x);
    }
  }

  [[nodiscard]] std::optional<Norm> norm() const override { return options_.norm; }
  void add_columns(std::vector<wire::Measurement>& lanes) const override { gradients_.add_column(lanes); }

 private:
  Fgsm options_;
  GradientCount gradients_;
};

}  // namespace

std::unique_ptr<Attack> make_fgsm(const Json& options) {
  return std::make_unique<FastGradientSign>(study::read<Fgsm>(options));
}

}  // namespace eigensweep::attacks
#endif
