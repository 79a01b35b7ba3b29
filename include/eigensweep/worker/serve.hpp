// SPDX-License-Identifier: MIT
#pragma once

#include <torch/torch.h>

#include "eigensweep/core/error.hpp"

namespace eigensweep::worker {

/// Runs the tasks that a supervisor sends until it says quit, closes the pipe, or asks to drain (SIGTERM, SIGUSR1).
/// The frames are those of wire/frame.hpp.
ExitCode serve(const torch::Device& device, int in, int out);

}  // namespace eigensweep::worker
