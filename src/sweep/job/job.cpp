// SPDX-License-Identifier: MIT
#include "job.hpp"

#include <fmt/format.h>

#include "eigensweep/core/log.hpp"
#include "follow.hpp"

namespace eigensweep::sweep {
namespace {

/// From here on log lines name the rank.
Share begin(const Communicator& communicator) {
  log::start(communicator.size() == 1 ? "eigensweep" : fmt::format("rank {}", communicator.rank()));
  return take_share(communicator);
}

}  // namespace

Job::Job(const RunOptions& options) : options_(options), start(rank_timeout()), share(begin(communicator)) {}

ExitCode Job::follow() {
  start.end();
  return sweep::follow(options_, communicator, share);
}

}  // namespace eigensweep::sweep
