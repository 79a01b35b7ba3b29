// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace eigensweep::sweep {

/// The ids of the trials in a checkpoint, in the order of their lanes. Empty if the file is not a checkpoint or names a
/// trial twice. Reads only the file's header, so that LibTorch is not needed.
std::vector<std::string> checkpoint_trials(const std::filesystem::path& file);

/// The same for every checkpoint in `folder`, sorted. Other files are skipped; a worker that reads one logs a warning.
std::vector<std::vector<std::string>> checkpointed_trials(const std::filesystem::path& folder);

}  // namespace eigensweep::sweep
