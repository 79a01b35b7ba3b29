// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "eigensweep/wire/fields.hpp"

namespace eigensweep::sweep {

/// What rank 0 can ask of the workers of a rank, its own or another one.
class RankWorkers {
 public:
  RankWorkers() = default;
  virtual ~RankWorkers() = default;
  RankWorkers(const RankWorkers&) = delete;
  RankWorkers& operator=(const RankWorkers&) = delete;

  /// Gives a pack to a slot, which must be free. `task`: as wire::RunPack::bytes.
  virtual void give(std::size_t slot, const wire::Bytes& task) = 0;
  /// Rank 0 has had no message of the worker for so many seconds. The supervisor kills the worker if it has had none
  /// either; otherwise a message is still on its way to rank 0.
  virtual void doubt(std::size_t slot, double seconds) = 0;
  /// Asks every worker to finish its step, write a checkpoint and exit. None is started again.
  virtual void drain() = 0;
  /// Kills every worker at once. None is started again.
  virtual void kill() = 0;
};

}  // namespace eigensweep::sweep
