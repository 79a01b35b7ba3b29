// SPDX-License-Identifier: MIT
// How the coordinator chooses packs for idle workers.
#include <algorithm>
#include <utility>

#include "eigensweep/sweep/schedule/coordinator.hpp"

namespace eigensweep::sweep {

std::vector<Dispatch> Coordinator::take_dispatches(const std::function<bool(const study::Pack&)>& fits) {
  std::vector<Dispatch> dispatches;
  std::vector<Attempt> too_long;
  while (!draining_ && !nothing_fits_ && !idle_.empty() && !waiting_.empty()) {
    Attempt attempt = next_piece();
    if (fits && !fits(attempt.pack)) {
      too_long.push_back(std::move(attempt));
      continue;
    }
    const std::size_t worker = idle_.front();
    idle_.pop_front();
    attempt.started = now_;
    for (std::size_t i = 0; i < attempt.pack.lanes.size(); ++i) {
      LaneState lane;
      lane.trained = !attempt.pack.lanes[i].train;
      lane.there.assign(attempt.pack.evaluations.size(), 0);
      attempt.lanes.push_back(std::move(lane));
      attempt.lane_of_trial.emplace(attempt.pack.lanes[i].trial, i);
    }
    dispatches.push_back({worker, attempt.pack});
    workers_[worker] = std::move(attempt);
    ++running_;
  }
  const bool left_over = !idle_.empty() && !too_long.empty();
  for (Attempt& attempt : too_long) push(std::move(attempt.pack), attempt.failures, attempt.is_fresh);
  nothing_fits_ = nothing_fits_ || left_over;
  return dispatches;
}

TailItem Coordinator::tail_item(const Attempt& attempt) {
  const auto lanes = attempt.pack.lanes.size();
  return {lanes, attempt.pack.flops / static_cast<double>(lanes), attempt.pack.overhead_flops,
          attempt.is_fresh && attempt.pack.flops > 0, attempt.pack.least_lanes};
}

/// Whether the waiting work is at least `rounds` times one longest pack for every worker.
bool Coordinator::is_end_far(double rounds) const {
  const auto workers = static_cast<double>(running_ + idle_.size());
  return rounds * workers * tail_item(*waiting_.begin()).cost() <= waiting_flops_ + waiting_overhead_;
}

/// Plans the largest piece near the end. A plan is kept until a small share of its time has passed or something
/// unforeseen happens, because planning is expensive with thousands of workers.
void Coordinator::plan_ahead() {
  constexpr double share = 0.04;
  const double speed = finished_seconds_ > 0 ? finished_flops_ / finished_seconds_ : 0.0;
  if (is_end_far(1)) return;
  if (has_plan_ && speed * (now_ - planned_at_) < share * plan_.makespan) return;
  std::vector<TailItem> items;
  items.reserve(waiting_.size());
  for (const Attempt& attempt : waiting_) items.push_back(tail_item(attempt));
  std::vector<double> free_in(idle_.size(), 0.0);
  for (const std::optional<Attempt>& attempt : workers_) {
    if (attempt) free_in.push_back(std::max(0.0, tail_item(*attempt).cost() - speed * (now_ - attempt->started)));
  }
  plan_ = plan_tail(items, free_in);
  planned_at_ = now_;
  has_plan_ = true;
}

/// Into how many pieces a pack must be cut to fit into memory. A pack with a checkpoint has run before, so it fits.
std::size_t Coordinator::pieces_that_fit(const Attempt& attempt) const {
  const auto known = most_lanes_.find(attempt.pack.group);
  if (known == most_lanes_.end() || !attempt.is_fresh) return 1;
  return (attempt.pack.lanes.size() + known->second - 1) / known->second;
}

/// Takes the next pack, after cutting what does not fit into memory or is longer than the plan allows.
Coordinator::Attempt Coordinator::next_piece() {
  constexpr std::size_t many = 256;  // workers; with fewer, rank 0 is not a bottleneck
  const bool mixes = running_ + idle_.size() >= many && is_end_far(3);
  const bool takes_shortest = mixes && std::exchange(is_short_next_, !is_short_next_);
  if (!mixes && splits_tail_) plan_ahead();
  for (;;) {
    Attempt attempt = pop(takes_shortest);
    if (const std::size_t pieces = pieces_that_fit(attempt); pieces > 1) {
      cut(attempt, pieces);
      continue;
    }
    const bool is_tail = !mixes && splits_tail_ && has_plan_;
    const std::size_t pieces = is_tail ? tail_pieces(tail_item(attempt), plan_.limit) : 1;
    if (pieces == 1) return attempt;
    ++tail_splits_;
    cut(attempt, pieces);
  }
}

}  // namespace eigensweep::sweep
