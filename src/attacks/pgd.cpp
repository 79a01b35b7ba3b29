// SPDX-License-Identifier: MIT
#include "ball_options.hpp"

namespace eigensweep::attacks {
namespace {

struct Pgd : GradientAttack {
  std::int64_t steps = 40;
  double relative_step = 0.01 / 0.3;
  bool random_start = true;
  std::int64_t restarts = 1;

  /// From a random start some runs must cross the whole ball.
  [[nodiscard]] std::string warning() const {
    const std::string few = GradientAttack::warning();
    const double travel = relative_step * static_cast<double>(steps);
    if (!random_start || travel >= 2) return few;
    return fmt::format(
        "all {} steps together are {:.3g} epsilon long, and a random start can lie 2 epsilon from the nearest "
        "misclassified point: the robust accuracy is too high; set relative_step to {:.2g}{}{}",
        steps, travel, 2.5 / static_cast<double>(steps), few.empty() ? "" : "; ", few);
  }

  static study::Fields<Pgd> fields() {
    return common<Pgd>()
        .integer("steps", &Pgd::steps, {1, 1e6}, "number of gradient steps")
        .number("relative_step", &Pgd::relative_step, {0, 10, true}, "step size as a share of epsilon")
        .boolean("random_start", &Pgd::random_start, "start from a uniformly random point of the ball")
        .integer("restarts", &Pgd::restarts, {1, 1000},
                 "number of runs, each from another random start; each attacks what the ones before have not fooled");
  }
};

}  // namespace
}  // namespace eigensweep::attacks

#ifdef EIGENSWEEP_DECLARATIONS
#include "declare.hpp"

namespace eigensweep::attacks {

study::Kind declare_pgd() {
  study::Kind kind = declare_attack<Pgd>(
      "pgd", "epsilon",
      "projected gradient descent: steps along the sign of the gradient (L2: along the gradient), projected back "
      "to the ball, last iterate",
      "Madry et al. 2018, arXiv:1706.06083; as foolbox LinfProjectedGradientDescentAttack and L2 (which takes 50 steps "
      "of 0.025)",
      [](const Pgd& pgd, double intensities) {
        // A further run starts with the verdicts of the one before.
        const auto runs = static_cast<double>(pgd.restarts);
        return 1.0 + intensities * (runs * (2.0 * static_cast<double>(pgd.steps) + 1.0));
      },
      // The perturbed samples, their gradient and its sign; a random start takes the integers that it is made from.
      [](const Pgd& pgd) {
        return study::HeldImages{pgd.random_start ? 6.0 : 3.0, 3};
      });
  kind.columns.push_back(gradients_column());
  kind.refuse = study::typed<Pgd>([](const Pgd& pgd, const Json&) -> std::string {
    if (pgd.restarts == 1 || pgd.random_start) return "";
    return "'restarts' asks for other random starts, and random_start is false: all runs would be the same; set "
           "random_start to true, or restarts to 1";
  });
  return kind;
}

}  // namespace eigensweep::attacks
#else
#include "eigensweep/attacks/projected_gradient.hpp"

namespace eigensweep::attacks {

std::unique_ptr<Attack> make_pgd(const Json& options) {
  const auto pgd = study::read<Pgd>(options);
  return make_projected_gradient({pgd.norm, pgd.steps, pgd.relative_step, pgd.random_start, pgd.restarts, pgd.loss,
                                  pgd.compute, pgd.recompute_vanishing});
}

}  // namespace eigensweep::attacks
#endif
