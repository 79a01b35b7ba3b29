// SPDX-License-Identifier: MIT
#include "deepfool_walk.hpp"

#include <algorithm>
#include <limits>

#include "eigensweep/attacks/objective.hpp"
#include "search_rows.hpp"

namespace eigensweep::attacks {
namespace {

/// Of a step: where a tiny gradient makes the boundary seem far away, sums stay finite.
constexpr double longest_step = 1e30;
/// Of a later step, as a share of the first. Where the box cuts steps off, these shrink towards the boundary and would
/// end where roundings decide what lies beyond it.
constexpr double least_step = 1e-3;

class DeepFoolWalk : private SearchRows {
 public:
  DeepFoolWalk(Search& search, const DeepFoolSteps& how) : SearchRows(search, search.right_samples()), how_(how) {
    const Tensor& logits = search.clean_logits();
    const Tensor labels = search.problem().labels.expand({logits.size(0), -1});
    const std::int64_t count = std::min(how.candidates, logits.size(1)) - 1;
    const Tensor ranked = without_label(logits, labels).argsort(/*dim=*/1, /*descending=*/true).narrow(1, 0, count);
    rivals_ = ranked.gather(2, sample_.unsqueeze(1).expand({-1, count, -1}));
    x_ = centre_;
    sum_ = torch::zeros_like(centre_);
  }

  void go() {
    for (std::int64_t i = 0; i < how_.steps && !is_done(); ++i) {
      const Tensor kept = compact({&first_}, {&x_, &sum_});
      if (kept.defined()) rivals_ = rivals_.gather(2, kept.unsqueeze(1).expand({-1, rivals_.size(1), -1}));
      step();
    }
  }

 private:
  void step() {
    const Region& region = search_.region();
    Tensor shortest = torch::full(sample_.sizes(), infinity, x_.options());
    Tensor direction = torch::zeros_like(x_);
    for (std::int64_t k = 0; k < rivals_.size(1); ++k) {
      const Tensor rival = rivals_.select(1, k);
      const Slope here = slope(model(), x_, Objective::target_margin, label_, rival);
      const Tensor gradient = in_rows(here.gradient);
      active_ = search_.count(largest_entry(gradient), active_);
      const Tensor margin = value_of(Objective::target_margin, here.logits, label_, rival).to(x_.scalar_type());
      const Tensor length = length_to(margin, gradient);
      const Tensor is_shorter = length < shortest;
      shortest = torch::where(is_shorter, length, shortest);
      direction = torch::where(is_shorter.unsqueeze(-1), region.direction(gradient), direction);
    }
    const Tensor dead = active_.logical_and(shortest.isinf());
    search_.note_end(centre_, sample_, dead, dead);
    active_ = active_.logical_and(shortest.isfinite());
    if (!first_.defined()) first_ = shortest;
    shortest = torch::maximum(shortest, least_step * first_);
    sum_ = torch::where(active_.unsqueeze(-1), sum_ + shortest.unsqueeze(-1) * direction, sum_);
    x_ = (centre_ + (1 + how_.overshoot) * sum_).clamp_(region.lower(), region.upper());
    const Tried tried = search_.try_points(x_, sample_, active_, Finder::deepfool);
    active_ = active_.logical_and(tried.wrong.logical_not()).logical_and(tried.finite);
    // A row that is done is still evaluated until it is dropped: at its sample, where the network is finite.
    x_ = torch::where(active_.unsqueeze(-1), x_, centre_);
  }

  /// Distances [E, R] along which an affine function of this gradient changes by |margin|; infinite where it is 0.
  [[nodiscard]] Tensor length_to(const Tensor& margin, const Tensor& gradient) const {
    const Tensor largest = largest_entry(gradient);
    const Tensor scaled = gradient / largest.clamp_min(std::numeric_limits<float>::min()).unsqueeze(-1);
    const Tensor dual = search_.region().norm() == Norm::linf ? scaled.abs().sum(-1) : scaled.norm(2, -1);
    const Tensor length = (margin.abs() / largest / dual).clamp_max_(longest_step);
    return length.masked_fill(largest == 0, infinity);
  }

  DeepFoolSteps how_;
  Tensor first_;    // [E, R]: length of the first step
  Tensor rivals_;   // [E, candidates - 1, R]
  Tensor x_, sum_;  // [E, R, d]
};

}  // namespace

void walk_deepfool(Search& search, const DeepFoolSteps& how) {
  if (search.right_samples().first.size(1) > 0) DeepFoolWalk(search, how).go();
}

}  // namespace eigensweep::attacks
