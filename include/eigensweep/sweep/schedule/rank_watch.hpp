// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace eigensweep::sweep {

/// How often a rank that has nothing to say says so, within the time that it may be silent.
inline constexpr double signs_of_life = 10;

/// Which ranks from `first` to before `last` still speak. MPI tells of a rank that died, and of none that was stopped
/// or whose node hangs. Times are seconds from any fixed moment.
class RankWatch {
 public:
  /// `patience`: how long a rank may be silent.
  RankWatch(int first, int last, double patience);

  void heard(int rank, double now);
  /// The ranks that have been silent for too long, each told once. To be called often: a call that comes late
  /// shows that nobody listened, and what was said meanwhile is still on its way.
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
