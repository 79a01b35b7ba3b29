// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/training/trainer.hpp"
#include "procedure.hpp"

namespace eigensweep::worker {

/// Sends the training records of all lanes and keeps the networks of those that did not diverge where the task says.
/// `histories`: one per lane; `warnings`: of the pack as a whole.
void send_training(const PackRun& pack, const std::vector<training::LaneHistory>& histories, const Networks& networks,
                   double seconds, const std::vector<std::string>& warnings);

}  // namespace eigensweep::worker
