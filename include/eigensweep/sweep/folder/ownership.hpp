// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "eigensweep/sweep/folder/output_folder.hpp"

namespace eigensweep::sweep {

/// Checks that a run may write into the folder: it is missing, empty, holds only the study file, or is ours. A folder
/// is ours if it has our mark or a ledger. So that folders of earlier versions without a ledger are accepted, it is
/// also ours if all its files have names of ours and its lock, status.json or job script was written by us. Throws
/// ConfigError, which names the other files; SystemError when the folder cannot be read. `study_file` may be empty.
void check_ownership(const OutputPaths& paths, const std::filesystem::path& study_file);

/// Whether an existing file, after following links, is one of a run's own files, such as the ledger, a network or
/// results.h5. Other commands must not overwrite those.
bool is_file_of_a_run(const std::filesystem::path& file);

/// Marks the folder as ours. Must be called before a run writes anything else there, and after check_ownership().
/// Throws file::WriteError.
void mark_as_ours(const OutputPaths& paths);

/// Removes the temporary files of runs that were killed while writing. It knows them by their names, so the caller must
/// hold the lock: no other run may be writing.
void remove_leftovers(const OutputPaths& paths);

/// Removes the checkpoints of a finished run with these trials, those that cannot be read, and their folder if it is
/// empty then. A checkpoint with any other trial stays: it is of another version of the study, which may continue.
void remove_checkpoints(const OutputPaths& paths, const std::set<std::string>& trials);

}  // namespace eigensweep::sweep
