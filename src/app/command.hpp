// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "eigensweep/core/error.hpp"

namespace eigensweep::app {

/// What a chosen command does; its result is the process's exit code.
using Action = std::function<ExitCode()>;

/// One row per command: declares its options on `app` and sets `action` when the user chose it. To add a command: one
/// file under commands/ and one row in commands.def.
#define EIGENSWEEP_COMMAND(name) void add_##name(CLI::App& app, Action& action);
#include "commands.def"
#undef EIGENSWEEP_COMMAND

}  // namespace eigensweep::app
