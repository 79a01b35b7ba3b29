// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace eigensweep::balanced {

/// The activity of one population after a step of the drive, averaged over steps.
class Response {
 public:
  /// `bins`: pieces of the time after a step.
  explicit Response(std::size_t bins) : after_(bins) {}
  /// Activity of a piece of the time before a step, or after one. Any unit, the same for all.
  void add_before(double activity) { before_ += activity; }
  void add_after(std::size_t bin, double activity) { after_[bin] += activity; }
  /// When the activity has come 1 - 1/e of the way, in bins; see measure(). `bins_before`: how many add_before() took.
  [[nodiscard]] double time(std::size_t bins_before, std::size_t steps) const;

 private:
  double before_ = 0;
  std::vector<double> after_;
};

}  // namespace eigensweep::balanced
