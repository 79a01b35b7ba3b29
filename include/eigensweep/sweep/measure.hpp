// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "eigensweep/sweep/simulation.hpp"

namespace eigensweep::sweep {

/// What rank 0's doings cost on this machine: real messages, records and tasks of usual size, encoded and decoded; a
/// real ledger in `folder`, written and synced, and removed again. Takes some seconds. What needs a second rank (the
/// time a message is on its way) stays as it is in `CoordinatorCosts`. Throws SystemError if the folder cannot be
/// written.
CoordinatorCosts measure_costs(const std::filesystem::path& folder);

}  // namespace eigensweep::sweep
