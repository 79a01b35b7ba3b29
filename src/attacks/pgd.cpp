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
      with_samples(
          study::Options{}.number("epsilon", std::nullopt, {0, 1}, "radius of the L-infinity ball").unit("pixel"), 1000)
          .integer("steps", 40, {1, 1e6}, "number of gradient steps")
          .number("relative_step", 0.01 / 0.3, {0, 10, true}, "step size as a share of epsilon")
          .boolean("random_start", true, "start from a uniformly random point of the ball");
  kind.refuse = refuse_split;
  kind.subsets = attacked_subset;
  kind.strength = "epsilon";
  kind.columns = robustness_columns();
  kind.work = [](const Json& options, const study::WorkContext& context) {
    const double samples = attacked_samples(options, context);
    const auto strengths = static_cast<double>(context.strengths);
    const auto steps = options.at("steps").get<double>();
    return samples * context.model.forward_flops * (1.0 + strengths * (2.0 * steps + 1.0));
  };
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "ball.hpp"
#include "eigensweep/attacks/gradient.hpp"

namespace eigensweep::attacks {
namespace {

class ProjectedGradient final : public Attack {
 public:
  explicit ProjectedGradient(const Json& options)
      : steps_(options.at("steps").get<std::int64_t>()),
        relative_step_(options.at("relative_step").get<double>()),
        random_start_(options.at("random_start").get<bool>()) {}

  void perturb(const Problem& problem, const std::vector<double>& strengths, const Visit& visit) override {
    for (std::size_t i = 0; i < strengths.size(); ++i) {
      const Ball ball(problem, strengths[i]);
      if (strengths[i] == 0) {
        visit(i, ball.centre());
        continue;
      }
      Tensor x = random_start_ ? ball.random_point() : ball.centre();
      for (std::int64_t step = 0; step < steps_; ++step) {
        ball.step(x, input_gradient(problem.model, x, problem.labels), relative_step_ * strengths[i]);
      }
      visit(i, x);
    }
  }

 private:
  std::int64_t steps_;
  double relative_step_;
  bool random_start_;
};

}  // namespace

std::unique_ptr<Attack> make_pgd(const Json& options) { return std::make_unique<ProjectedGradient>(options); }

}  // namespace eigensweep::attacks
#endif
