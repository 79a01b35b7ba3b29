// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/rank_watch.hpp"

#include <algorithm>

namespace eigensweep::sweep {
namespace {

constexpr double shortest_gap = 0.5;  // seconds between two checks, since look() is called thousands of times a second
constexpr double longest_gap = 5;     // seconds between two checks: above it, this process was stopped or busy

}  // namespace

RankWatch::RankWatch(int first, int last, double patience)
    : first_(first), patience_(patience), heard_(index_of(last), 0), silent_(index_of(last), false) {}

void RankWatch::heard(int rank, double now) {
  double& last = heard_[index_of(rank)];
  last = std::max(last, now);
}

std::vector<int> RankWatch::look(double now) {
  std::vector<int> found;
  if (looked_ && now - *looked_ < shortest_gap) return found;
  const double away = now - looked_.value_or(now);
  looked_ = now;
  if (away > longest_gap) {
    for (double& last : heard_) last += away;
    return found;
  }
  for (std::size_t i = 0; i < heard_.size(); ++i) {
    if (silent_[i] || now - heard_[i] <= patience_) continue;
    silent_[i] = true;
    found.push_back(first_ + static_cast<int>(i));
  }
  return found;
}

}  // namespace eigensweep::sweep
