// SPDX-License-Identifier: MIT
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace eigensweep::log {

/// Sets up the process's one logger: to standard error, each line "HH:MM:SS <name> <level> text"; `name` says which
/// process speaks ("rank 0", "worker 3"). Level from EIGENSWEEP_LOG (trace, debug, info, warn, error), else info.
void start(const std::string& name);
/// Writes lines in this pattern of spdlog, each message as one line (text::one_line), whatever names are in it.
std::unique_ptr<spdlog::formatter> line_formatter(const std::string& pattern);
/// The last words of a process to its user, as one line on standard error: "<program>: <message>".
void complain(const std::string& program, const std::string& message);

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace eigensweep::log
