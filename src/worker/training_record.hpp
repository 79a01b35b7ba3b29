// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/training/trainer.hpp"
#include "procedure.hpp"

namespace eigensweep::worker {

/// Sends the training records of all lanes. Saves the networks of the lanes that did not diverge, if the task names
/// files for them. `histories`: one per lane. `seconds`: duration of the training. `warnings`: of the whole pack.
void send_training(const PackRun& pack, const std::vector<training::LaneHistory>& histories, const Networks& networks,
                   double seconds, const std::vector<std::string>& warnings);

}  // namespace eigensweep::worker
