// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string>

namespace eigensweep::sweep {

/// When a run that has only so long must stop handing out work, drain, and at last cut off what still runs. Plain
/// arithmetic in seconds since the run began, without a clock; without a limit, time never ends.
///
///   0 ------------- hand out while can_start() ------- limit - margin ------ limit - reserve ------- limit
///                                                      drain                 cut                     the end
///
/// Between drain and cut workers finish their step and write checkpoints; after the cut results.h5 is made and the
/// process leaves. Both are derived from what the run itself has shown to take how long.
class TimeBudget {
 public:
  TimeBudget() = default;
  /// `margin`: chosen by the user; nothing: derived. Throws ConfigError when it leaves no time to work in.
  explicit TimeBudget(std::optional<double> limit, std::optional<double> margin = std::nullopt);

  /// A busy worker said nothing for so long: it cannot stop in less.
  void saw_silence(double seconds) noexcept { silence_ = std::max(silence_, seconds); }
  /// From a hand-out to the first step of training or the first evaluation.
  void saw_start(double seconds) noexcept { start_ = std::max(start_, seconds); }
  void saw_publish(double seconds) noexcept { publish_ = std::max(publish_, seconds); }
  /// A pack of this size runs: its checkpoint will be no larger.
  void saw_pack(double bytes) noexcept { bytes_ = std::max(bytes_, bytes); }

  [[nodiscard]] bool is_limited() const noexcept { return limit_.has_value(); }
  [[nodiscard]] double limit() const noexcept { return limit_.value_or(0); }
  /// Before the limit: when workers are asked to stop, and when they are cut off.
  [[nodiscard]] double margin() const noexcept;
  [[nodiscard]] double reserve() const noexcept;
  [[nodiscard]] bool must_drain(double now) const noexcept { return limit_ && now >= *limit_ - margin(); }
  [[nodiscard]] bool must_cut(double now) const noexcept { return limit_ && now >= *limit_ - reserve(); }
  /// Whether a pack handed out now would have something to keep before the drain, which takes it `least` seconds of
  /// work after its start.
  [[nodiscard]] bool can_start(double now, double least) const noexcept;

 private:
  std::optional<double> limit_;
  std::optional<double> margin_;
  double silence_ = 0;
  double start_ = 0;
  double publish_ = 0;
  double bytes_ = 0;
};

/// Seconds that are left of the SLURM allocation around this process: by SLURM_JOB_END_TIME (seconds since the epoch),
/// else by what squeue says of SLURM_JOB_ID; nothing outside SLURM or when the allocation has no end.
std::optional<double> slurm_time_left();

}  // namespace eigensweep::sweep
