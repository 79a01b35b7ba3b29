// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/core/error.hpp"
#include "eigensweep/sweep/job/communicator.hpp"
#include "eigensweep/sweep/job/run_options.hpp"
#include "eigensweep/sweep/schedule/rank_watch.hpp"

namespace eigensweep::sweep {

/// The part of every rank but 0: says where its workers would run, starts and watches them, carries their words to rank
/// 0 and tasks back, until rank 0 says with which code to leave.
ExitCode follow(const RunOptions& options, Communicator& communicator, const Share& share);

/// Rank 0: lets every other rank leave with this code; `at_once` ends their workers. Where a rank is silent, or does
/// not leave within the time that it may be, ends the whole job with this code instead of returning.
void send_away(Communicator& communicator, const RankWatch& ranks, ExitCode code, bool at_once);

}  // namespace eigensweep::sweep
