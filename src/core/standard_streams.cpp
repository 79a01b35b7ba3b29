// SPDX-License-Identifier: MIT
#include "eigensweep/core/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>

namespace eigensweep {
namespace {

bool has_reader_left() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

void occupy_closed_streams() noexcept {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    // Opened for the wrong direction, so that reading and writing fail as they do on a closed stream: output that
    // nobody can see must not look written. The lowest free number is this one, because those below are open by now.
    [[maybe_unused]] const int opened = ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

std::string finish_output() {
  std::cout.flush();
  std::fflush(stdout);
  if (std::cout && std::ferror(stdout) == 0) return "";
  if (has_reader_left()) return "";
  return "standard output: cannot write all of it; make space, or write to another place";
}

}  // namespace eigensweep
