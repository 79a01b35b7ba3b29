// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/tail.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

namespace eigensweep::sweep {
namespace {

constexpr double rounding = 1 + 1e-9;  // tolerance, so that a piece as long as the limit is not cut

/// When all work is done if the longest piece always goes to the worker that is free first.
double makespan(const std::vector<TailItem>& waiting, double limit, const std::vector<double>& free_in) {
  std::vector<double> pieces;
  for (const TailItem& item : waiting) {
    const std::size_t count = tail_pieces(item, limit);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t lanes = item.lanes * (i + 1) / count - item.lanes * i / count;
      pieces.push_back(item.overhead + item.per_lane * static_cast<double>(lanes));
    }
  }
  std::sort(pieces.begin(), pieces.end(), std::greater<>());
  std::priority_queue<double, std::vector<double>, std::greater<>> free(std::greater<>(), free_in);
  double last = *std::max_element(free_in.begin(), free_in.end());
  for (const double piece : pieces) {
    const double end = free.top() + piece;
    free.pop();
    free.push(end);
    last = std::max(last, end);
  }
  return last;
}

}  // namespace

std::size_t tail_pieces(const TailItem& item, double limit) {
  if (!item.is_divisible || item.lanes < 2 || item.cost() <= limit * rounding) return 1;
  const double fit = std::floor((limit * rounding - item.overhead) / item.per_lane);
  const std::size_t most = fit < 2 ? 1 : static_cast<std::size_t>(fit);
  const std::size_t pieces = (item.lanes + most - 1) / most;
  return std::clamp<std::size_t>(item.lanes / item.least_lanes, 1, pieces);
}

TailPlan plan_tail(const std::vector<TailItem>& waiting, const std::vector<double>& free_in) {
  constexpr std::array<double, 9> parts{2, 3, 4, 5, 6, 8, 10, 12, 16};
  constexpr double least_gain = 0.995;  // a smaller gain is not worth the messages
  const TailItem* longest = nullptr;
  for (const TailItem& item : waiting) {
    if (item.is_divisible && item.lanes > 1 && (longest == nullptr || item.cost() > longest->cost())) longest = &item;
  }
  TailPlan best{std::numeric_limits<double>::infinity(), 0};
  best.makespan = makespan(waiting, best.limit, free_in);
  if (longest == nullptr) return best;
  for (const double part : parts) {
    const double lanes = std::ceil(static_cast<double>(longest->lanes) / part);
    const double limit = longest->overhead + longest->per_lane * lanes;
    const double end = makespan(waiting, limit, free_in);
    if (end < least_gain * best.makespan) best = {limit, end};
    if (lanes <= 1) break;
  }
  return best;
}

}  // namespace eigensweep::sweep
