// SPDX-License-Identifier: MIT
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace eigensweep::log {

/// Sets up the process's one logger: to standard error, each line "HH:MM:SS <name> <level> text"; `name` identifies the
/// process ("rank 0", "worker 3"). Level from EIGENSWEEP_LOG (trace, debug, info, warn, error), else info.
void start(const std::string& name);
/// A formatter with this spdlog pattern. It writes each message as one line (text::one_line), whatever names are in it.
std::unique_ptr<spdlog::formatter> line_formatter(const std::string& pattern);
/// Prints a process's final message as one line on standard error: "<program>: <message>".
void complain(const std::string& program, const std::string& message);

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace eigensweep::log
