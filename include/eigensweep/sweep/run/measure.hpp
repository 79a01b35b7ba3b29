// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "eigensweep/sweep/schedule/simulation.hpp"

namespace eigensweep::sweep {

/// What rank 0's doings cost on this machine: real messages, records and tasks of usual size, encoded and decoded; a
/// real ledger in `folder`, written and synced, and removed again. Takes some seconds. What needs a second rank (the
/// time a message is on its way) stays as it is in `CoordinatorCosts`. Throws SystemError if the folder cannot be
/// written.
CoordinatorCosts measure_costs(const std::filesystem::path& folder);

/// What rank 0 got done in a run without waiting: real messages, coordinator, ledger and tasks, but no workers.
struct DriveResult {
  double seconds = 0;
  double processor_seconds = 0;  ///< without waiting for the disk or for other programs
  std::size_t records = 0;
  std::size_t decisions = 0;  ///< packs handed out
  std::size_t appends = 0;
};

/// Drives them as fast as they go: `packs` packs of sixteen trials with four records each, of which `together` end in
/// every turn of the loop and share an append. The ledger in `folder` is removed again. Throws SystemError.
DriveResult drive_coordinator(const std::filesystem::path& folder, std::size_t packs, std::size_t together);

}  // namespace eigensweep::sweep
