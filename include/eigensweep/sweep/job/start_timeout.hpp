// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::sweep {

/// Kills this process by SIGALRM, with a line on stderr, if the ranks of a job have not all started in time. Without
/// it, MPI could wait for ever in blocking calls. Does nothing if no launcher started the process.
class StartTimeout {
 public:
  /// Starts the timer.
  explicit StartTimeout(double seconds);
  ~StartTimeout();
  StartTimeout(const StartTimeout&) = delete;
  StartTimeout& operator=(const StartTimeout&) = delete;

  /// Stops the timer: all ranks have started.
  void end() noexcept;

 private:
  bool is_set_ = false;
};

}  // namespace eigensweep::sweep
