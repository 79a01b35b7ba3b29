// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/core/error.hpp"
#include "eigensweep/sweep/job/communicator.hpp"
#include "eigensweep/sweep/job/run_options.hpp"
#include "eigensweep/sweep/schedule/rank_watch.hpp"

namespace eigensweep::sweep {

/// Runs every rank but 0. It sends its introduction, starts and watches its workers, and passes messages between them
/// and rank 0. Returns the exit code that rank 0 sends. Aborts the job if rank 0 is silent for too long.
ExitCode follow(const RunOptions& options, Communicator& communicator, const Share& share);

/// On rank 0: asks every other rank to exit with this code. `at_once` kills their workers first. If a rank is silent,
/// or does not answer within the timeout for silent ranks, aborts the whole job with this code instead of returning.
void send_away(Communicator& communicator, const RankWatch& ranks, ExitCode code, bool at_once);

}  // namespace eigensweep::sweep
