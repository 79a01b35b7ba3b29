// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/core/error.hpp"
#include "eigensweep/sweep/job/communicator.hpp"
#include "eigensweep/sweep/job/run_options.hpp"
#include "eigensweep/sweep/job/share.hpp"
#include "eigensweep/sweep/job/start_timeout.hpp"

namespace eigensweep::sweep {

/// This process as one rank of a job: MPI is started, and the machine is shared out. `options` must outlive it.
class Job {
 public:
  /// Throws SystemError as Communicator and take_share() do.
  explicit Job(const RunOptions& options);

  /// Whether this is rank 0.
  [[nodiscard]] bool leads() const { return communicator.rank() == 0; }
  /// Seconds that a rank may be silent.
  [[nodiscard]] double rank_timeout() const { return options_.rank_timeout.value_or(usual_rank_timeout); }
  /// The whole life of any other rank. Returns the exit code that rank 0 chooses.
  ExitCode follow();

 private:
  const RunOptions& options_;

 public:
  StartTimeout start;  ///< rank 0 stops it once all ranks have introduced themselves
  Communicator communicator;
  Share share;
};

}  // namespace eigensweep::sweep
