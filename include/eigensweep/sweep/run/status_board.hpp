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

/// What the outside sees of a run: what each worker does, and how far all is. Shows it, and writes status.json, each in
/// its own rhythm. Times are seconds since the run began.
class StatusBoard {
 public:
  using Show = std::function<void(const RunStatus&)>;
  /// What stays the same in status.json.
  struct About {
    std::filesystem::path folder;  ///< the run's
    std::filesystem::path file;    ///< status.json
    int ranks = 1;
  };

  /// `status`: study, totals, and what earlier runs did.
  StatusBoard(RunStatus status, const std::vector<wire::WorkerPlace>& places, About about, Show show);

  [[nodiscard]] RunStatus& run() noexcept { return status_; }
  [[nodiscard]] const RunStatus& run() const noexcept { return status_; }
  [[nodiscard]] WorkerStatus& worker(std::size_t worker) { return status_.workers[worker]; }
  [[nodiscard]] const std::vector<WorkerStatus>& workers() const noexcept { return status_.workers; }

  /// The worker got a pack, of which training takes this share.
  void began(std::size_t worker, const study::Pack& pack, double train_share, double now);
  /// A record of an evaluation of the worker's pack has come in.
  void got_record(std::size_t worker) { ++records_[worker]; }
  /// The worker is done with its pack.
  void finished(std::size_t worker, double now);

  /// Shows and writes what is due. Looking at every worker in every turn would be most of the work, were there
  /// thousands of them. A file that cannot be written is warned of once.
  void tick(const Coordinator& coordinator, double now);
  /// Writes status.json. Returns why that failed; "" if it did not.
  std::string write() noexcept;

 private:
  RunStatus status_;
  About about_;
  Show show_;
  std::string started_at_;
  std::vector<std::size_t> records_;  ///< by worker: evaluation records of its pack so far
  double next_look_ = 0;
  double next_write_ = 0;
  bool has_warned_ = false;
};

}  // namespace eigensweep::sweep
