// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eigensweep/sweep/folder/output_folder.hpp"

namespace eigensweep::sweep {

/// Checks the permissions that a run needs in an existing output folder, which another user may have made: to open the
/// lock and the ledger, append to logs, write into folders, replace files. Changes nothing. Returns a line for the user
/// for each problem. Missing files and folders are no problem.
std::vector<std::string> access_problems(const OutputPaths& paths);

/// "<folder>: cannot write there: <errno in words>; <what to do>".
std::string cannot_write_there(const std::filesystem::path& folder, int error_number);

}  // namespace eigensweep::sweep
