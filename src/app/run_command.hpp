// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"
#include "eigensweep/sweep/job/run_options.hpp"

namespace eigensweep::app {

/// The options of every command that starts workers.
void add_run_options(CLI::App& command, const std::shared_ptr<sweep::RunOptions>& options);

/// Rewrites results.h5; what sweep::run() is given.
std::vector<std::string> publish(const study::Study& study, const sweep::OutputPaths& paths);

}  // namespace eigensweep::app
