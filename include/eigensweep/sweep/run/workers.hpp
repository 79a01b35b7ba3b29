// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "eigensweep/sweep/process/rank_workers.hpp"
#include "eigensweep/wire/introduction.hpp"

namespace eigensweep::sweep {

/// Numbers all workers of a run, and sends requests to them: directly to the supervisor of rank 0, as messages to the
/// other ranks.
class Workers {
 public:
  /// Sends frames to a rank.
  using Send = std::function<void(int rank, wire::Bytes frames)>;

  /// `places`: all workers, sorted by rank and slot. `own`: the workers of rank 0. `send` reaches the ranks from 1 to
  /// `ranks` - 1.
  Workers(const std::vector<wire::WorkerPlace>& places, int ranks, RankWorkers& own, Send send);

  [[nodiscard]] std::size_t size() const noexcept { return seats_.size(); }
  /// The number of the worker in a slot of a rank.
  [[nodiscard]] std::size_t index_of(int rank, std::size_t slot) const;

  // As in RankWorkers, for one worker or for all.
  void give(std::size_t worker, const wire::Bytes& task);
  void doubt(std::size_t worker, double seconds);
  void drain();
  void kill();
  /// Sends a frame to every rank but rank 0.
  void tell_ranks(const wire::Bytes& frame);

 private:
  struct Seat {
    std::size_t rank = 0;
    std::size_t slot = 0;
  };
  [[nodiscard]] RankWorkers& rank_of(std::size_t worker) { return *ranks_[seats_[worker].rank]; }

  std::vector<Seat> seats_;                ///< by worker
  std::vector<std::size_t> first_worker_;  ///< by rank
  std::vector<std::unique_ptr<RankWorkers>> others_;
  std::vector<RankWorkers*> ranks_;
  Send send_;
};

}  // namespace eigensweep::sweep
