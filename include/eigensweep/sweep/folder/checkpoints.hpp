// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace eigensweep::sweep {

/// The trials whose checkpoint a file is, in the order of their lanes; none if it is no checkpoint, or one that names a
/// trial twice. Reads the file's header alone, so that no LibTorch is needed.
std::vector<std::string> checkpoint_trials(const std::filesystem::path& file);

/// The same of every checkpoint in `folder`. Files that are none are left out: the worker says so when it meets one.
std::vector<std::vector<std::string>> checkpointed_trials(const std::filesystem::path& folder);

}  // namespace eigensweep::sweep
