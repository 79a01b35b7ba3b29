// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/core/error.hpp"
#include "eigensweep/data/torch.hpp"

namespace eigensweep::worker {

/// Runs the tasks that a supervisor sends until it says quit, closes the pipe, or asks to drain (SIGTERM, SIGUSR1).
/// The messages are those of wire/messages.hpp.
ExitCode serve(const torch::Device& device, int in, int out);

}  // namespace eigensweep::worker
