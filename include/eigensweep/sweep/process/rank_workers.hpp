// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "eigensweep/wire/fields.hpp"

namespace eigensweep::sweep {

/// What rank 0 can ask of the workers of one rank, its own or another one.
class RankWorkers {
 public:
  RankWorkers() = default;
  virtual ~RankWorkers() = default;
  RankWorkers(const RankWorkers&) = delete;
  RankWorkers& operator=(const RankWorkers&) = delete;

  /// A pack for the worker of a slot, which is free; `task` as in wire::RunPack.
  virtual void give(std::size_t slot, const wire::Bytes& task) = 0;
  /// The worker should have said something within so many seconds. It is ended if, seen from its supervisor, it has
  /// not: what it said may still be on its way to rank 0.
  virtual void doubt(std::size_t slot, double seconds) = 0;
  /// Asks every worker to finish its step, write a checkpoint and leave; none is started again.
  virtual void drain() = 0;
  /// Ends every worker now.
  virtual void kill() = 0;
};

}  // namespace eigensweep::sweep
