// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eigensweep/sweep/folder/output_folder.hpp"

namespace eigensweep::sweep {

/// What keeps this user from going on in an output folder that somebody else (or a stricter umask) has made: the lock
/// and the ledger to be opened, logs to be appended to, folders to be written into, files to be replaced. Tries each
/// and changes nothing; a line for the user each. What is not there is no problem.
std::vector<std::string> access_problems(const OutputPaths& paths);

/// "<folder>: cannot write there: <errno in words>; <what to do>".
std::string cannot_write_there(const std::filesystem::path& folder, int error_number);

}  // namespace eigensweep::sweep
