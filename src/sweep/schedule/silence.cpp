// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/silence.hpp"

#include <algorithm>
#include <cmath>

namespace eigensweep::sweep {

void Silence::measured(const Stretch& stretch, double seconds) {
  if (stretch.stage == wire::Stage::start && !stretch.continues) {
    Start& start = starts_[stretch.group];
    start.longest = std::max(start.longest, seconds);
    start.most_lanes = std::max(start.most_lanes, stretch.lanes);
  }
  Rate& rate = rates_[{stretch.stage, stretch.evaluation}];
  if (stretch.flops <= 0) {
    rate.longest = std::max(rate.longest, seconds);
    return;
  }
  rate.flops += stretch.flops;
  rate.seconds += seconds;
}

/// Predicted seconds of a stretch whose stage, and group if it is a start, are known.
double Silence::expected(const Stretch& stretch, const Rate& rate) const {
  const double seconds = stretch.flops > 0 ? stretch.flops * rate.seconds / rate.flops : rate.longest;
  if (stretch.stage != wire::Stage::start) return seconds;
  const Start& start = starts_.at(stretch.group);
  const double more = static_cast<double>(stretch.lanes) / static_cast<double>(start.most_lanes);
  return std::max(seconds, start.longest * std::max(1.0, more));
}

double Silence::allowed(const Stretch& stretch, int hangs) const {
  const auto found = rates_.find({stretch.stage, stretch.evaluation});
  const bool by_flops = stretch.flops > 0;
  const double writing = stretch.bytes / slowest_disk;
  const bool is_new_group = stretch.stage == wire::Stage::start && !starts_.contains(stretch.group);
  if (found == rates_.end() || is_new_group || (by_flops && found->second.flops <= 0)) {
    double slowest = 0;  // seconds per operation
    for (const auto& [stage, rate] : rates_)
      slowest = std::max(slowest, rate.flops > 0 ? rate.seconds / rate.flops : 0);
    return std::max(unknown, factor * slowest * stretch.flops) + writing;
  }
  const double least = stretch.stage == wire::Stage::start ? start : floor;
  return (std::max(least, factor * expected(stretch, found->second)) + writing) * std::pow(again, hangs);
}

double Silence::until_hello(double most, double longest) {
  return longest > 0 ? std::min(most, std::max(start, factor * longest)) : most;
}

}  // namespace eigensweep::sweep
