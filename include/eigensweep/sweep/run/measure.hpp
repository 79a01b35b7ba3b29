// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "eigensweep/sweep/schedule/simulation.hpp"

namespace eigensweep::sweep {

/// Measures the costs of rank 0 on this machine with real messages, records and tasks of usual size, and with a real
/// ledger in `folder`, which is removed afterwards. Takes a few seconds. Keeps the defaults of CoordinatorCosts for the
/// costs that it does not measure, such as the latency. Throws SystemError if the folder cannot be written.
CoordinatorCosts measure_costs(const std::filesystem::path& folder);

/// What rank 0 did at full speed: real messages, coordinator, ledger and tasks, but no workers.
struct DriveResult {
  double seconds = 0;
  double processor_seconds = 0;  ///< CPU time of the process
  std::size_t records = 0;
  std::size_t decisions = 0;  ///< packs handed out
  std::size_t appends = 0;
};

/// Drives the coordinator and the ledger as fast as possible: with `packs` packs of sixteen trials with four records
/// each. In each turn `together` packs end and share an append. The ledger in `folder` is removed afterwards. Throws
/// SystemError.
DriveResult drive_coordinator(const std::filesystem::path& folder, std::size_t packs, std::size_t together);

}  // namespace eigensweep::sweep
