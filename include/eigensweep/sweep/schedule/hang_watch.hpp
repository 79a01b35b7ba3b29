// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/sweep/schedule/monitor.hpp"
#include "eigensweep/sweep/schedule/silence.hpp"

namespace eigensweep::sweep {

/// Predictions of the cost model, in floating-point operations.
struct PackCosts {
  /// Until a pack can first save something. 0 for training by steps, which can be checkpointed after any step.
  /// Otherwise the whole closed-form training, or the first evaluation.
  std::function<double(const study::Pack&)> least_flops;
  std::function<double(const study::Pack&, const study::Evaluation&)> evaluation_flops;  ///< of all lanes
};

/// Finds busy workers that have been silent for too long. It measures how long each stage takes, and derives the
/// timeouts from that (sweep/schedule/silence.hpp). Times are seconds from any fixed moment.
class HangWatch {
 public:
  HangWatch(std::size_t workers, std::size_t trials, PackCosts costs);

  /// The worker got a pack.
  void gave(std::size_t worker, double now);
  /// A worker with this pack sent a message. `before`: its status before the message. Returns how long it was silent.
  double heard(std::size_t worker, const wire::Happening& what, const WorkerStatus& before, const study::Pack& pack,
               double now);
  /// A worker with this pack was taken for hung. Its trials get a longer timeout in the next try.
  void hung(const study::Pack& pack);

  /// A worker that may hang; its supervisor should check.
  struct Doubtful {
    std::size_t worker = 0;
    double allowed = 0;  ///< timeout: seconds that it may be silent
  };
  /// The pack of a worker; null if it has none.
  using PackOf = std::function<const study::Pack*(std::size_t worker)>;
  /// Must be called often. A late call means that this process was stopped or busy: the messages of that time may still
  /// be waiting, so the time does not count as silence. Reports the same worker again only after a pause.
  std::vector<Doubtful> look(const std::vector<WorkerStatus>& workers, const PackOf& pack_of, double now);

 private:
  struct Watched {
    double heard = 0;         ///< time of its last message
    double stage_began = 0;   ///< start of the stage, or of the part of a training, that is being measured
    double share_then = 0;    ///< share of its pack that was done at that time
    bool has_record = false;  ///< a record of the current evaluation has arrived
    double next_ask = 0;      ///< it is not reported before this time
  };

  void measure(Watched& watched, const wire::Happening& what, const WorkerStatus& before, const study::Pack& pack,
               double now);
  [[nodiscard]] Stretch stretch_of(const WorkerStatus& status, const study::Pack& pack) const;
  [[nodiscard]] int hangs_of(const study::Pack& pack) const;

  std::vector<Watched> workers_;
  std::vector<std::uint8_t> hangs_;  ///< per trial: how often a pack with it was taken for hung
  PackCosts costs_;
  Silence silence_;
  double next_look_ = 0;
};

}  // namespace eigensweep::sweep
