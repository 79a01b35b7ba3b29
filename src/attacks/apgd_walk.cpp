// SPDX-License-Identifier: MIT
#include "apgd_walk.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "apgd_reach.hpp"
#include "apgd_step.hpp"
#include "eigensweep/attacks/objective.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "search_rows.hpp"

namespace eigensweep::attacks {
namespace {

constexpr double step_share = 0.75;    // the rest of a move is the move before
constexpr double enough_rises = 0.75;  // of the steps since the last checkpoint

/// The walks of R samples of each lane, side by side; each counts its own steps.
class Walk : private SearchRows {
 public:
  Walk(Search& search, const ApgdSteps& how, const Tensor& start, const Tensor& targets)
      : SearchRows(search, search.open_samples()), how_(how), region_(search.region()) {
    if (how.leaves_out) active_ = active_.logical_and(search.out_of_reach().gather(1, sample_).logical_not());
    std::vector<std::int64_t> checkpoints = apgd_checkpoints(how.steps);
    checkpoints.insert(checkpoints.begin(), 0);
    checkpoints.push_back(std::numeric_limits<std::int64_t>::max());
    checkpoints_ = torch::tensor(checkpoints, sample_.options());
    if (targets.defined()) target_ = targets.gather(1, sample_);
    radius_ = search.target(sample_);
    points_.x = region_.project(rows_of(start, sample_), centre_, in_float(radius_));
    points_.previous = points_.x.clone();
    points_.best = points_.x.clone();
    points_.best_gradient = torch::zeros_like(points_.x);
    fresh_ = torch::ones_like(active_);
    step_ = torch::zeros_like(sample_);
    next_ = torch::ones_like(sample_);
    rises_ = torch::zeros_like(sample_);
    halved_ = dead_ = torch::ones_like(active_);
    size_ = torch::zeros(sample_.sizes(), centre_.options());
    value_ = best_value_ = value_at_checkpoint_ = torch::full(sample_.sizes(), -infinity, size_.options());
    if (how.gives_up) reach_.emplace(size_);
  }

  void go() {
    while (!is_done()) {
      compact();
      const Slope here = steepest_slope(model(), points_.x, how_.objective, label_, target_);
      gradient_ = in_rows(here.gradient);
      const Tensor largest = largest_entry(gradient_);
      active_ = search_.count(largest, active_);
      const Tensor wrong = models::is_right(here.logits, label_).logical_not_().logical_and_(active_);
      const Tensor going = active_.logical_and(wrong.logical_not());
      if (reach_) reach_->add(value_of(Objective::margin, here.logits, label_), fresh_);
      judge(going, value_of(how_.objective, here.logits, label_, target_), largest == 0);
      end(going.logical_and((step_ == how_.steps).logical_or_(hopeless_)));
      fall(wrong);
    }
  }

 private:
  /// Compares the objective at x with that of the steps before, at a checkpoint halves the step size where it does not
  /// rise enough, and takes the next step.
  void judge(const Tensor& going, const Tensor& value, const Tensor& is_dead) {
    const Tensor begins = going.logical_and(fresh_), goes_on = going.logical_and(fresh_.logical_not());
    step_ = step_ + goes_on;
    rises_ = rises_ + goes_on.logical_and(value > value_);
    set(best_value_, begins, -infinity);
    const Tensor is_best = going.logical_and(value > best_value_).logical_or_(begins);
    best_value_ = torch::where(is_best, value, best_value_);
    dead_ = torch::where(is_best, is_dead, dead_);
    value_ = torch::where(going, value, value_);
    value_at_checkpoint_ = torch::where(begins, value, value_at_checkpoint_);
    size_ = torch::where(begins, 2 * in_float(radius_), size_);
    set(step_, begins, 0);
    set(next_, begins, 1);
    set(rises_, begins, 0);
    set(halved_, begins, true);
    set(fresh_, going, false);
    const Tensor is_at_checkpoint = goes_on.logical_and(step_ == checkpoints_.index({next_}));
    Tensor is_back;
    hopeless_ = torch::zeros_like(active_);
    if (is_at_checkpoint.any().item<bool>()) is_back = decide(is_at_checkpoint);
    const Tensor share = torch::full(size_.sizes(), step_share, size_.options()).masked_fill_(step_ == 0, 1);
    step_apgd(points_, region_, gradient_, centre_, {is_best, is_back, in_float(radius_), size_, share});
  }

  /// At a checkpoint: halves step sizes. Returns which walks go back to their best points.
  Tensor decide(const Tensor& is_there) {
    const Tensor steps = checkpoints_.index({next_}) - checkpoints_.index({next_ - 1});
    const Tensor rises_enough = rises_ > enough_rises * steps;
    const Tensor has_stalled = halved_.logical_not().logical_and(best_value_ == value_at_checkpoint_);
    const Tensor halves = is_there.logical_and(rises_enough.logical_not().logical_or(has_stalled));
    size_ = torch::where(halves, size_ / 2, size_);
    value_ = torch::where(halves, best_value_, value_);
    halved_ = torch::where(is_there, halves, halved_);
    value_at_checkpoint_ = torch::where(is_there, best_value_, value_at_checkpoint_);
    set(rises_, is_there, 0);
    next_ = next_ + is_there;
    if (reach_) hopeless_ = reach_->are_hopeless(is_there, steps, step_, how_.steps);
    return halves;
  }

  /// Goes on in a smaller ball from where it has fooled the network, which is where it was before the last move.
  void fall(const Tensor& wrong) {
    if (!wrong.any().item<bool>()) return;
    // Points are judged before a step is counted.
    const Tensor taken = torch::where(fresh_, torch::zeros_like(step_), step_ + 1);
    search_.note(points_.previous, sample_, wrong, radius_, how_.finder,
                 taken.to(torch::kFloat64) / static_cast<double>(how_.steps));
    radius_ = search_.target(sample_);
    const std::vector<Tensor> found = wrong.nonzero_numpy();
    const Tensor &lane = found[0], &row = found[1];
    const Tensor to = region_.project(points_.previous.index({lane, row}), centre_.index({lane, row}),
                                      in_float(radius_.index({lane, row})));
    points_.x.index_put_({lane, row}, to);
    points_.previous.index_put_({lane, row}, to);
    set(fresh_, wrong, true);
    set(active_, radius_ == 0, false);
  }

  void end(const Tensor& ended) {
    if (!ended.any().item<bool>()) return;
    if (reach_) search_.note_out_of_reach(sample_, hopeless_.logical_and(ended).logical_and(2 * step_ <= how_.steps));
    search_.note_end(points_.best, sample_, ended, dead_);
    set(active_, ended, false);
  }

  void compact() {
    const Tensor kept = SearchRows::compact({&target_, &radius_, &fresh_, &step_, &next_, &rises_, &halved_, &dead_,
                                             &size_, &value_, &best_value_, &value_at_checkpoint_},
                                            {&points_.x, &points_.previous, &points_.best, &points_.best_gradient});
    if (!kept.defined() || !reach_) return;
    for (Tensor* numbers : reach_->rows()) *numbers = numbers->gather(1, kept);
  }

  static void set(Tensor& numbers, const Tensor& where, const torch::Scalar& value) {
    numbers = numbers.masked_fill(where, value);
  }

  const ApgdSteps& how_;
  const Region& region_;
  Tensor checkpoints_;  // 0, the checkpoints, and one that never comes
  // [E, R] each
  Tensor target_;
  Tensor radius_;  // float64
  Tensor fresh_;   // x is the first point in its ball
  Tensor step_;
  Tensor next_;    // checkpoint, as an index
  Tensor rises_;   // since the last checkpoint
  Tensor halved_;  // at the last checkpoint
  Tensor dead_;    // the gradient at the best point is 0
  Tensor size_;    // of a step
  Tensor value_, best_value_, value_at_checkpoint_;
  std::optional<ApgdReach> reach_;
  Tensor hopeless_;  // as ApgdSteps::gives_up says
  // [E, R, d] each
  ApgdPoints points_;
  Tensor gradient_;
};

}  // namespace

std::vector<std::int64_t> apgd_checkpoints(std::int64_t steps) {
  const auto share = [&](double of) {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(of * static_cast<double>(steps)));
  };
  std::vector<std::int64_t> checkpoints;
  std::int64_t interval = share(0.22);
  for (std::int64_t at = interval; at <= steps; at += interval) {
    checkpoints.push_back(at);
    interval = std::max(interval - share(0.03), share(0.06));
  }
  return checkpoints;
}

void walk_apgd(Search& search, const ApgdSteps& how, const Tensor& start, const Tensor& targets) {
  if (search.remaining() > 0) Walk(search, how, start, targets).go();
}

}  // namespace eigensweep::attacks
