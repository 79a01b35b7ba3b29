// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace eigensweep::sweep {

/// An idle rank sends so many heartbeats per --rank-timeout.
inline constexpr double signs_of_life = 10;

/// Detects silent ranks among `first` to `last` - 1. MPI notices a rank that died, but not one that was stopped or
/// whose node hangs. Times are seconds from any fixed moment.
class RankWatch {
 public:
  /// `patience`: seconds that a rank may be silent.
  RankWatch(int first, int last, double patience);

  void heard(int rank, double now);
  /// The ranks that have been silent for too long; each is returned once. Must be called often. A late call means that
  /// this process was stopped or busy: the messages of that time may still be waiting, so the time does not count as
  /// silence.
  std::vector<int> look(double now);
  [[nodiscard]] double patience() const noexcept { return patience_; }
  [[nodiscard]] bool is_silent(int rank) const { return silent_[index_of(rank)]; }

 private:
  [[nodiscard]] std::size_t index_of(int rank) const { return static_cast<std::size_t>(rank - first_); }

  int first_;
  double patience_;
  std::optional<double> looked_;
  std::vector<double> heard_;
  std::vector<bool> silent_;
};

}  // namespace eigensweep::sweep
