// SPDX-License-Identifier: MIT
#include "attacked_samples.hpp"

namespace eigensweep::attacks {
namespace {

struct Pgd : GradientAttack {
  std::int64_t steps = 40;
  double relative_step = 0.01 / 0.3;
  bool random_start = true;

  static study::Fields<Pgd> fields() {
    study::Fields<Pgd> fields;
    fields.intensity("epsilon", {0, 1}, "radius of the L-infinity ball").unit("pixel");
    return add_to(fields)
        .integer("steps", &Pgd::steps, {1, 1e6}, "number of gradient steps")
        .number("relative_step", &Pgd::relative_step, {0, 10, true}, "step size as a share of epsilon")
        .boolean("random_start", &Pgd::random_start, "start from a uniformly random point of the ball");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_pgd() {
  return declare_attack<Pgd>(
      "pgd", "epsilon", "projected gradient descent in the L-infinity ball: signed steps, projected back, last iterate",
      "Madry et al. 2018, arXiv:1706.06083; as foolbox LinfProjectedGradientDescentAttack",
      [](const Pgd& pgd, double intensities) {
        return 1.0 + intensities * (2.0 * static_cast<double>(pgd.steps) + 1.0);
      },
      // The perturbed samples, their gradient and its sign; a random start takes the integers that it is made from.
      [](const Pgd& pgd) {
        return study::HeldImages{pgd.random_start ? 6.0 : 3.0, 3};
      });
}

}  // namespace eigensweep::attacks
#else
#include "ball.hpp"
#include "objective.hpp"

namespace eigensweep::attacks {
namespace {

class ProjectedGradient final : public Attack {
 public:
  explicit ProjectedGradient(Pgd options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      Ball ball(problem, intensities[i]);
      if (intensities[i] == 0) {
        visit(i, ball.centre());
        continue;
      }
      Tensor x = options_.random_start ? ball.random_point() : ball.centre();
      for (std::int64_t step = 0; step < options_.steps; ++step) {
        ball.step(x, slope(problem.model, x, options_.loss, problem.labels, {}, options_.compute).gradient,
                  options_.relative_step * intensities[i]);
      }
      ball.mark_broken(x);
      visit(i, x);
    }
  }

 private:
  Pgd options_;
};

}  // namespace

std::unique_ptr<Attack> make_pgd(const Json& options) {
  return std::make_unique<ProjectedGradient>(study::read<Pgd>(options));
}

}  // namespace eigensweep::attacks
#endif
