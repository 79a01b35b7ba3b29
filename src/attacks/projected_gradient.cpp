// SPDX-License-Identifier: MIT
#include "eigensweep/attacks/projected_gradient.hpp"

#include "ball.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "followed_gradient.hpp"
#include "gradient_count.hpp"

namespace eigensweep::attacks {
namespace {

class ProjectedGradient final : public Attack {
 public:
  explicit ProjectedGradient(const PgdSteps& how) : how_(how) {}

  void perturb(const Problem& problem, const std::vector<double>& intensities, const Visit& visit) override {
    for (std::size_t i = 0; i < intensities.size(); ++i) {
      if (intensities[i] == 0) {
        visit(i, Ball(problem, 0).centre());
        continue;
      }
      Tensor x = walk(problem, intensities[i], 0);
      for (std::int64_t restart = 1; restart < how_.restarts; ++restart) {
        if (!walk_again(problem, intensities[i], restart, x)) break;
      }
      visit(i, x);
    }
  }

  [[nodiscard]] std::optional<Norm> norm() const override { return how_.norm; }
  void add_columns(std::vector<wire::Measurement>& lanes) const override { gradients_.add_column(lanes); }

 private:
  /// Where one run ends: [E, n, d].
  Tensor walk(const Problem& problem, double epsilon, std::int64_t restart) {
    Ball ball(problem, epsilon, how_.norm);
    Tensor x = how_.random_start ? ball.random_point(restart) : ball.centre();
    for (std::int64_t step = 0; step < how_.steps; ++step) {
      ball.step(x, followed_gradient(problem, x, how_), how_.relative_step * epsilon);
    }
    gradients_.add(how_.steps * x.size(1));
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

  PgdSteps how_;
  GradientCount gradients_;
};

}  // namespace

std::unique_ptr<Attack> make_projected_gradient(const PgdSteps& how) {
  return std::make_unique<ProjectedGradient>(how);
}

}  // namespace eigensweep::attacks
