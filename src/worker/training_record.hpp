// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <future>
#include <string>
#include <vector>

#include "eigensweep/training/trainer.hpp"
#include "procedure.hpp"

namespace eigensweep::worker {

/// Saves the networks of the lanes that did not diverge, if the task names files for them, and sends the training
/// records of all lanes, each after its file; then calls `done`. Files are written by a thread of their own, so that a
/// device need not wait for them: the networks are copied to the host before this returns.
///
/// `pack` must live until the result is ready. It holds the error where a file cannot be written (SystemError). A
/// record of an evaluation must not be sent before.
///
/// `histories`: one per lane. `seconds`: duration of the training. `warnings`: of the whole pack.
std::future<void> send_training(
    const PackRun& pack, const std::vector<training::LaneHistory>& histories, const Networks& networks, double seconds,
    const std::vector<std::string>& warnings, std::function<void()> done = [] {});

}  // namespace eigensweep::worker
