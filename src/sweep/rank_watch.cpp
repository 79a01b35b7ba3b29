// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/rank_watch.hpp"

#include <algorithm>

namespace eigensweep::sweep {
namespace {

constexpr double longest_gap = 5;  // seconds between two looks: this process was stopped, not all the others

}  // namespace

RankWatch::RankWatch(int ranks, double patience)
    : patience_(patience),
      heard_(static_cast<std::size_t>(ranks), 0),
      silent_(static_cast<std::size_t>(ranks), false) {}

void RankWatch::heard(int rank, double now) {
  double& last = heard_[static_cast<std::size_t>(rank)];
  last = std::max(last, now);
}

std::vector<int> RankWatch::look(double now) {
  std::vector<int> found;
  const double away = now - looked_;
  looked_ = now;
  if (away > longest_gap) {
    for (double& last : heard_) last += away;
    return found;
  }
  for (std::size_t rank = 1; rank < heard_.size(); ++rank) {
    if (silent_[rank] || now - heard_[rank] <= patience_) continue;
    silent_[rank] = true;
    found.push_back(static_cast<int>(rank));
  }
  return found;
}

}  // namespace eigensweep::sweep
