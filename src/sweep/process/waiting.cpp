// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/process/waiting.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace eigensweep::sweep {

double seconds_waiting(pid_t process) {
  std::error_code error;
  double longest = 0;
  const std::filesystem::path threads = "/proc/" + std::to_string(process) + "/task";
  for (std::filesystem::directory_iterator entry(threads, error), end; !error && entry != end; entry.increment(error)) {
    // Nanoseconds on a CPU, nanoseconds in a run queue, number of turns.
    double running = 0, waiting = 0;
    if (std::ifstream(entry->path() / "schedstat") >> running >> waiting) longest = std::max(longest, waiting / 1e9);
  }
  return longest;
}

}  // namespace eigensweep::sweep
