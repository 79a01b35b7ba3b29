// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/workers.hpp"

#include <utility>

#include "eigensweep/wire/codec.hpp"

namespace eigensweep::sweep {
namespace {

/// The workers of another rank: each request is a message to that rank (src/sweep/job/follow.cpp).
class RemoteWorkers : public RankWorkers {
 public:
  RemoteWorkers(int rank, const Workers::Send& send) : rank_(rank), send_(send) {}

  void give(std::size_t slot, const wire::Bytes& task) override { send_(rank_, wire::framed(wire::Give{slot, task})); }
  void doubt(std::size_t slot, double seconds) override { send_(rank_, wire::framed(wire::Doubt{slot, seconds})); }
  void drain() override { send_(rank_, wire::framed(wire::Drain{})); }
  void kill() override { send_(rank_, wire::framed(wire::Kill{})); }

 private:
  int rank_;
  const Workers::Send& send_;
};

}  // namespace

Workers::Workers(const std::vector<wire::WorkerPlace>& places, int ranks, RankWorkers& own, Send send)
    : first_worker_(static_cast<std::size_t>(ranks), places.size()), ranks_{&own}, send_(std::move(send)) {
  for (std::size_t i = places.size(); i-- > 0;) first_worker_[static_cast<std::size_t>(places[i].rank)] = i;
  for (const wire::WorkerPlace& place : places) seats_.push_back({static_cast<std::size_t>(place.rank), place.slot});
  for (int rank = 1; rank < ranks; ++rank) {
    others_.push_back(std::make_unique<RemoteWorkers>(rank, send_));
    ranks_.push_back(others_.back().get());
  }
}

std::size_t Workers::index_of(int rank, std::size_t slot) const {
  return first_worker_[static_cast<std::size_t>(rank)] + slot;
}

void Workers::give(std::size_t worker, const wire::Bytes& task) { rank_of(worker).give(seats_[worker].slot, task); }

void Workers::doubt(std::size_t worker, double seconds) { rank_of(worker).doubt(seats_[worker].slot, seconds); }

void Workers::drain() {
  for (RankWorkers* rank : ranks_) rank->drain();
}

void Workers::kill() {
  for (RankWorkers* rank : ranks_) rank->kill();
}

void Workers::tell_ranks(const wire::Bytes& frame) {
  for (std::size_t rank = 1; rank < ranks_.size(); ++rank) send_(static_cast<int>(rank), frame);
}

}  // namespace eigensweep::sweep
