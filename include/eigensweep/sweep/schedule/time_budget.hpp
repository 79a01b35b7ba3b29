// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string>

namespace eigensweep::sweep {

/// Decides when a run with a time limit stops handing out packs, asks its workers to stop, and kills those that still
/// run. All times are seconds since the run began. Without a limit the run may go on for ever.
///
///   0 ------------- hand out while can_start() ------- limit - margin ------ limit - reserve ------- limit
///                                                      drain                 cut                     the end
///
/// Between drain and cut, workers finish their step and write checkpoints. After the cut, results.h5 is written and the
/// process exits. `margin` and `reserve` are derived from durations that this run has measured.
class TimeBudget {
 public:
  TimeBudget() = default;
  /// `margin`: the user's choice; nothing: derived. Throws ConfigError when it is not shorter than the limit.
  explicit TimeBudget(std::optional<double> limit, std::optional<double> margin = std::nullopt);

  /// A busy worker was silent for so long. It may need as long to stop, since it can only stop between steps or
  /// evaluations.
  void saw_silence(double seconds) noexcept { silence_ = std::max(silence_, seconds); }
  /// Seconds from handing out a pack to its first training step or evaluation.
  void saw_start(double seconds) noexcept { start_ = std::max(start_, seconds); }
  void saw_publish(double seconds) noexcept { publish_ = std::max(publish_, seconds); }
  /// A pack of so many bytes was handed out: its checkpoint will not be larger.
  void saw_pack(double bytes) noexcept { bytes_ = std::max(bytes_, bytes); }

  [[nodiscard]] bool is_limited() const noexcept { return limit_.has_value(); }
  [[nodiscard]] double limit() const noexcept { return limit_.value_or(0); }
  /// Seconds before the limit at which workers are asked to stop (margin) and killed (reserve).
  [[nodiscard]] double margin() const noexcept;
  [[nodiscard]] double reserve() const noexcept;
  [[nodiscard]] bool must_drain(double now) const noexcept { return limit_ && now >= *limit_ - margin(); }
  [[nodiscard]] bool must_cut(double now) const noexcept { return limit_ && now >= *limit_ - reserve(); }
  /// Whether a pack that is handed out now can still save something before the drain. `least`: seconds of work, after
  /// its start, until it can.
  [[nodiscard]] bool can_start(double now, double least) const noexcept;

 private:
  std::optional<double> limit_;
  std::optional<double> margin_;
  double silence_ = 0;
  double start_ = 0;
  double publish_ = 0;
  double bytes_ = 0;
};

/// Seconds that are left of this process's SLURM allocation: from SLURM_JOB_END_TIME (seconds since the epoch), or else
/// from squeue. Nothing outside SLURM, or if the allocation has no known end.
std::optional<double> slurm_time_left();

}  // namespace eigensweep::sweep
