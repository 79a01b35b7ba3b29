// SPDX-License-Identifier: MIT
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace eigensweep::log {

/// Sets up the process's one logger: to standard error, each line "HH:MM:SS <name> <level> text"; `name` says which
/// process speaks ("rank 0", "worker 3"). Level from EIGENSWEEP_LOG (trace, debug, info, warn, error), else info.
void start(const std::string& name);

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace eigensweep::log
