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
#include "ball.hpp"
#include "eigensweep/attacks/objective.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "gradient_count.hpp"

namespace eigensweep::attacks {
namespace {

class ProjectedGradient final : public Attack {
 public:
  explicit ProjectedGradient(Pgd options) : options_(std::move(options)) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      if (intensities[i] == 0) {
        visit(i, Ball(problem, 0).centre());
        continue;
      }
      Tensor x = walk(problem, intensities[i], 0);
      for (std::int64_t restart = 1; restart < options_.restarts; ++restart) {
        if (!walk_again(problem, intensities[i], restart, x)) break;
      }
      visit(i, x);
    }
  }

  [[nodiscard]] std::optional<Norm> norm() const override { return options_.norm; }
  void add_columns(std::vector<wire::Measurement>& lanes) const override { gradients_.add_column(lanes); }

 private:
  /// Where one run ends: [E, n, d].
  Tensor walk(const Problem& problem, double epsilon, std::int64_t restart) {
    Ball ball(problem, epsilon, options_.norm);
    Tensor x = options_.random_start ? ball.random_point(restart) : ball.centre();
    for (std::int64_t step = 0; step < options_.steps; ++step) {
      ball.step(x, slope(problem.model, x, options_.loss, problem.labels, {}, options_.compute).gradient,
                options_.relative_step * epsilon);
    }
    gradients_.add(options_.steps * x.size(1));
    ball.mark_broken(x);
    return x;
  }

  /// Runs again on the samples that `x` [E, n, d] does not fool in every lane, and puts the ends into `x` where the
  /// lane's sample was not fooled. Returns whether there were any.
  bool walk_again(const Problem& problem, double epsilon, std::int64_t restart, Tensor& x) {
    const Tensor logits = problem.model.forward(models::Inputs::per_lane(x), models::Mode::evaluate).logits;
    const Tensor is_right = models::is_right(logits, problem.labels);  // [E, n]
    const Tensor rows = is_right.any(0).nonzero().squeeze(1);
    if (rows.numel() == 0) return false;
    const Tensor end = walk(part_of(problem, rows), epsilon, restart);
    const Tensor open = is_right.index_select(1, rows).unsqueeze(-1);
    x.index_copy_(1, rows, torch::where(open, end, x.index_select(1, rows)));
    return true;
  }

  /// The problem on some of its samples, `rows` [m] int64.
  static Problem part_of(const Problem& problem, const Tensor& rows) {
    Problem part = problem;
    part.inputs = problem.inputs.index_select(0, rows);
    part.labels = problem.labels.index_select(0, rows);
    part.samples.clear();
    const Tensor here = rows.cpu();
    for (std::int64_t i = 0; i < here.size(0); ++i) {
      part.samples.push_back(problem.samples[static_cast<std::size_t>(here[i].item<std::int64_t>())]);
    }
    return part;
  }

  Pgd options_;
  GradientCount gradients_;
};

}  // namespace

std::unique_ptr<Attack> make_pgd(const Json& options) {
  return std::make_unique<ProjectedGradient>(study::read<Pgd>(options));
}

}  // namespace eigensweep::attacks
#endif
