// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace eigensweep::sweep {

/// Seconds that a process has been ready to run while others had the CPUs, since its start: those of the thread that
/// waited longest. 0 where the kernel does not count them (Linux without scheduling statistics).
double seconds_waiting(pid_t process);

}  // namespace eigensweep::sweep
