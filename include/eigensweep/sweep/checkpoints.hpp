// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace eigensweep::sweep {

/// The trials of every pack whose checkpoint lies in `folder`, each in the order of its lanes: from the headers of the
/// files alone, so that no LibTorch is needed. Files that are no checkpoints are left out: the worker says so when it
/// meets one.
std::vector<std::vector<std::string>> checkpointed_trials(const std::filesystem::path& folder);

}  // namespace eigensweep::sweep
