// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "eigensweep/sweep/folder/output_folder.hpp"

namespace eigensweep::sweep {

/// Whether a run may put its files into the folder: it is missing or empty, holds nothing but the study file itself, or
/// is ours. Ours is a folder with our mark or a ledger, or, as earlier versions left it when they were killed at once
/// or the ledger was lost, one in which every file is named as ours and the lock (or the job's script) is ours.
/// Throws ConfigError naming what else lies there, SystemError when the folder cannot be looked into. `study_file` may
/// be empty.
void check_ownership(const OutputPaths& paths, const std::filesystem::path& study_file);

/// Whether a file that is there, once its links are followed, is one that a run keeps in its output folder: the ledger,
/// a network, results.h5. No other command may write over it.
bool is_file_of_a_run(const std::filesystem::path& file);

/// Marks the folder as ours, before anything else is written there. The caller has checked it. Throws file::WriteError.
void mark_as_ours(const OutputPaths& paths);

/// What runs that were killed in the middle of a write left behind, by its name alone. The caller holds the lock:
/// nobody is writing.
void remove_leftovers(const OutputPaths& paths);

/// No pack of a finished run can use them. Removes the folder only if nothing else lies there.
void remove_checkpoints(const OutputPaths& paths);

}  // namespace eigensweep::sweep
