// SPDX-License-Identifier: MIT
#include "grid_search.hpp"

#include "eigensweep/attacks/objective.hpp"

namespace eigensweep::attacks {
namespace {

class Worst {
 public:
  explicit Worst(const Problem& problem) : problem_(problem) { start(); }

  /// Forgets all candidates but the samples themselves.
  void start() {
    points_ = for_lanes(problem_.inputs);
    margin_ = margin_at(points_);
  }

  void consider(const Tensor& x) {
    const Tensor points = for_lanes(x);
    const Tensor margin = margin_at(points);
    const Tensor is_worse = margin > margin_;
    margin_ = torch::where(is_worse, margin, margin_);
    points_ = torch::where(is_worse.unsqueeze(-1), points, points_);
  }

  [[nodiscard]] const Tensor& points() const { return points_; }

 private:
  [[nodiscard]] Tensor for_lanes(const Tensor& x) const {
    return x.expand({problem_.model.lanes(), x.size(0), x.size(1)});
  }

  [[nodiscard]] Tensor margin_at(const Tensor& points) const {
    const Tensor logits = problem_.model.forward(models::Inputs::per_lane(points), models::Mode::evaluate).logits;
    return value_of(Objective::margin, logits, problem_.labels);
  }

  const Problem& problem_;
  Tensor points_;  // [E, n, d]
  Tensor margin_;  // [E, n]
};

}  // namespace

void search_grid(const Problem& problem, const std::vector<double>& intensities, const Visit& visit,
                 const Candidates& candidates) {
  Worst worst(problem);
  double reached = 0;
  for (std::size_t i = 0; i < intensities.size(); ++i) {
    if (intensities[i] < reached) {
      worst.start();
      reached = 0;
    }
    candidates(reached, intensities[i], [&](const Tensor& x) { worst.consider(x); });
    reached = intensities[i];
    visit(i, worst.points());
  }
}

}  // namespace eigensweep::attacks
