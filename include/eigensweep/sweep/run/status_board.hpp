// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "eigensweep/sweep/schedule/coordinator.hpp"
#include "eigensweep/sweep/schedule/monitor.hpp"

namespace eigensweep::sweep {

/// Keeps the status of a run and of each worker. Shows it and writes status.json, each at its own interval. Times are
/// seconds since the run began.
class StatusBoard {
 public:
  using Show = std::function<void(const RunStatus&)>;
  /// The constant part of status.json.
  struct About {
    std::filesystem::path folder;  ///< output folder
    std::filesystem::path file;    ///< status.json
    int ranks = 1;
  };

  /// `status`: the study, the totals and the counts of earlier runs.
  StatusBoard(RunStatus status, const std::vector<wire::WorkerPlace>& places, About about, Show show);

  [[nodiscard]] RunStatus& run() noexcept { return status_; }
  [[nodiscard]] const RunStatus& run() const noexcept { return status_; }
  [[nodiscard]] WorkerStatus& worker(std::size_t worker) { return status_.workers[worker]; }
  [[nodiscard]] const std::vector<WorkerStatus>& workers() const noexcept { return status_.workers; }

  /// The worker got a pack. `train_share`: share of its predicted operations in training.
  void began(std::size_t worker, const study::Pack& pack, double train_share, double now);
  /// A record of an evaluation of the worker's pack has arrived.
  void got_record(std::size_t worker) { ++records_[worker]; }
  /// The worker has finished its pack.
  void finished(std::size_t worker, double now);

  /// Updates, shows and writes the status when that is due. It is not done in every turn, because with thousands of
  /// workers it would take most of the loop's time. Warns once if the file cannot be written.
  void tick(const Coordinator& coordinator, double now);
  /// Writes status.json. Returns the reason of a failure, or "".
  std::string write() noexcept;

 private:
  RunStatus status_;
  About about_;
  Show show_;
  std::string started_at_;
  std::vector<std::size_t> records_;  ///< by worker: number of evaluation records of its pack so far
  double next_look_ = 0;
  double next_write_ = 0;
  bool has_warned_ = false;
};

}  // namespace eigensweep::sweep
