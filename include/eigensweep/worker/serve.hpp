// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/core/error.hpp"
#include "eigensweep/data/torch.hpp"

namespace eigensweep::worker {

/// Runs the tasks of a supervisor until it sends Quit, closes the pipe, or asks for a drain (SIGTERM, SIGUSR1).
/// `in`, `out`: file descriptors of the pipes for the messages of wire/messages.hpp. Throws DataError on a bad message,
/// SystemError when a pipe fails.
ExitCode serve(const torch::Device& device, int in, int out);

}  // namespace eigensweep::worker
