// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/silence.hpp"

#include <algorithm>
#include <cmath>

namespace eigensweep::sweep {

void Silence::measured(const Stretch& stretch, double seconds) {
  Rate& rate = rates_[{stretch.stage, stretch.evaluation}];
  rate.longest = std::max(rate.longest, seconds);
  if (stretch.flops <= 0) return;
  rate.flops += stretch.flops;
  rate.seconds += seconds;
}

double Silence::allowed(const Stretch& stretch, int hangs) const {
  const auto found = rates_.find({stretch.stage, stretch.evaluation});
  const bool by_flops = stretch.flops > 0;
  const double writing = stretch.bytes / slowest_disk;
  if (found == rates_.end() || (by_flops && found->second.flops <= 0)) {
    double slowest = 0;  // seconds per operation
    for (const auto& [stage, rate] : rates_)
      slowest = std::max(slowest, rate.flops > 0 ? rate.seconds / rate.flops : 0);
    return std::max(unknown, factor * slowest * stretch.flops) + writing;
  }
  const Rate& rate = found->second;
  const double expected = by_flops ? stretch.flops * rate.seconds / rate.flops : rate.longest;
  const double least = stretch.stage == wire::Stage::start ? start : floor;
  return (std::max(least, factor * expected) + writing) * std::pow(again, hangs);
}

double Silence::until_hello(double most, double longest) {
  return longest > 0 ? std::min(most, std::max(start, factor * longest)) : most;
}

}  // namespace eigensweep::sweep
