// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"
#include "eigensweep/sweep/job/run_options.hpp"

namespace eigensweep::sweep {

/// Makes results.h5 anew from what lies in the output folder.
using Publish = std::function<std::vector<std::string>(const study::Study& study, const OutputPaths& paths)>;

/// Runs a study to its end, or until it is asked to stop: alone, or as one rank of an MPI job (every rank calls it).
/// Continues what an earlier run left. Returns ok, trials_failed or continue_later, the same on every rank.
/// Throws ConfigError, DataError, SystemError on rank 0; the other ranks return its code.
ExitCode run(const RunOptions& options, const study::Catalog& catalog, const Publish& publish);

}  // namespace eigensweep::sweep
