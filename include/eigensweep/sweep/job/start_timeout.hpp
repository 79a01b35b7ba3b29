// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::sweep {

/// Ends this process by SIGALRM, with a line on stderr, if the ranks of a job have not all started in time: until they
/// have, MPI waits in calls that nothing else ends. Does nothing where no launcher started the process.
class StartTimeout {
 public:
  explicit StartTimeout(double seconds);
  ~StartTimeout();
  StartTimeout(const StartTimeout&) = delete;
  StartTimeout& operator=(const StartTimeout&) = delete;

  /// All have.
  void end() noexcept;

 private:
  bool is_set_ = false;
};

}  // namespace eigensweep::sweep
