// SPDX-License-Identifier: MIT
#include "eigensweep/core/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace eigensweep {

void occupy_closed_streams() noexcept {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    // Opened for the wrong direction, so that reading and writing fail as they do on a closed stream: output that
    // nobody can see must not look written. The lowest free number is this one, because those below are open by now.
    [[maybe_unused]] const int opened = ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace eigensweep
