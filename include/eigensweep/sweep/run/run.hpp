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

/// Rewrites results.h5 from the output folder. Returns warnings about the records.
using Publish = std::function<std::vector<std::string>(const study::Study& study, const OutputPaths& paths)>;

/// Runs a study until it is done or asked to stop, as a single process or as an MPI job, where every rank calls it.
/// Continues the work of earlier runs. Returns ok, trials_failed or continue_later, the same on every rank. Errors
/// (ConfigError, DataError, SystemError) are thrown in a job of one rank. With several ranks, rank 0 logs an error and
/// every rank returns its code.
ExitCode run(const RunOptions& options, const study::Catalog& catalog, const Publish& publish);

}  // namespace eigensweep::sweep
