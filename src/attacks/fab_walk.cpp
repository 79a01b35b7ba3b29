// SPDX-License-Identifier: MIT
#include "fab_walk.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "bisect.hpp"
#include "eigensweep/attacks/objective.hpp"
#include "hyperplane.hpp"
#include "search_rows.hpp"

namespace eigensweep::attacks {
namespace {

// As the authors have them.
constexpr double overshoot = 1.05;          // of the way to a hyperplane
constexpr double largest_pull = 0.1;        // the sample's share of a step
constexpr double kept_of_the_offset = 0.9;  // after a misclassified point
constexpr std::array<double, 3> last_overshoots{1.01, 1.001, 1.0001};
constexpr std::int64_t last_halvings = 20;

/// The walks of R samples of each lane, side by side, towards one class each.
class FabWalk : private SearchRows {
 public:
  /// `targets` [E, n]: the class of each sample.
  FabWalk(Search& search, std::pair<Tensor, Tensor> rows, const Tensor& targets)
      : SearchRows(search, std::move(rows)),
        target_(targets.gather(1, sample_)),
        x_(centre_),
        stopped_(torch::zeros_like(search.dead())) {}

  /// Returns the samples [E, n] whose walk ended where the gradient is 0.
  Tensor go(std::int64_t steps) {
    for (std::int64_t step = 0; step < steps && linearise(); ++step) move();
    if (linearise()) try_nearest_of_plane();
    return stopped_;
  }

 private:
  /// Puts a hyperplane through where the network's tangent at x has equal logits of label and target. Returns whether
  /// any walk goes on.
  bool linearise() {
    compact({&target_}, {&x_});
    if (is_done()) return false;
    const Slope here = slope(model(), x_, Objective::target_margin, label_, target_);
    normal_ = in_rows(here.gradient);
    const Tensor largest = largest_entry(normal_);
    active_ = search_.count(largest, active_);
    stop(active_.logical_and(largest == 0));
    const Tensor margin = value_of(Objective::target_margin, here.logits, label_, target_).to(x_.scalar_type());
    rise_ = -margin;
    rise_from_centre_ = ((x_ - centre_) * normal_).sum(-1).sub_(margin);
    return true;
  }

  void move() {
    const Region& region = search_.region();
    const Tensor by_x = offset_to_plane(region, x_, normal_, rise_);
    const Tensor by_centre = offset_to_plane(region, centre_, normal_, rise_from_centre_);
    const Tensor length = length_of(by_x);
    const Tensor pull = (length / (length + length_of(by_centre)).clamp_min_(1e-300)).clamp_max_(largest_pull);
    const Tensor share = pull.to(x_.scalar_type()).unsqueeze(-1);
    const Tensor to = ((1 - share) * (x_ + overshoot * by_x) + share * (centre_ + overshoot * by_centre))
                          .clamp_(region.lower(), region.upper());
    x_ = torch::where(active_.unsqueeze(-1), to, x_);
    const Tried tried = search_.try_points(x_, sample_, active_, Finder::fab);
    const Tensor back = centre_ + kept_of_the_offset * (x_ - centre_);
    // Without bounds a tiny gradient leads so far away that logits overflow; no gradient may be asked for there.
    x_ = torch::where(tried.wrong.unsqueeze(-1), back, torch::where(tried.finite.unsqueeze(-1), x_, centre_));
    active_ = active_.logical_and(tried.finite);
  }

  void try_nearest_of_plane() {
    const Region& region = search_.region();
    const Tensor offset = offset_to_plane(region, centre_, normal_, rise_from_centre_);
    for (const double times : last_overshoots) {
      const Tensor x = (centre_ + times * offset).clamp_(region.lower(), region.upper());
      static_cast<void>(search_.try_points(x, sample_, active_, Finder::fab));
    }
  }

  [[nodiscard]] Tensor length_of(const Tensor& offset) const {
    return search_.region().distance(offset, torch::zeros({1, 1, 1}, offset.options()));
  }

  void stop(const Tensor& dead) {
    const std::vector<Tensor> found = dead.nonzero_numpy();
    if (found[0].numel() == 0) return;
    stopped_.index_put_({found[0], sample_.index({found[0], found[1]})}, torch::ones({}, stopped_.options()));
    active_ = active_.logical_and(dead.logical_not());
  }

  Tensor target_;                   // [E, R]
  Tensor rise_, rise_from_centre_;  // [E, R]: of the tangent up to the hyperplane
  Tensor x_, normal_;               // [E, R, d]
  Tensor stopped_;                  // [E, n]
};

}  // namespace

void walk_fab(Search& search, std::int64_t steps, std::int64_t targets, FabSamples samples) {
  const Tensor& logits = search.clean_logits();
  const Tensor labels = search.problem().labels.expand({logits.size(0), -1});
  const Tensor ranked = without_label(logits, labels).argsort(/*dim=*/1, /*descending=*/true);
  Tensor dead = search.distance().isinf();
  for (std::int64_t rank = 0; rank < std::min(targets, logits.size(1) - 1); ++rank) {
    std::pair<Tensor, Tensor> rows = samples == FabSamples::right ? search.right_samples() : search.open_samples();
    if (rows.first.size(1) == 0) return;
    dead.logical_and_(FabWalk(search, std::move(rows), ranked.select(1, rank)).go(steps));
  }
  bisect_nearest(search, last_halvings, Finder::fab);
  const Tensor all = torch::arange(dead.size(1), labels.options()).expand_as(dead);
  search.note_end(search.centre(), all, dead.logical_and_(search.distance().isinf()), dead);
}

}  // namespace eigensweep::attacks
