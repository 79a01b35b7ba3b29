// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/process/signals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"

namespace eigensweep::sweep {
namespace {

// Globals, because a signal handler has no other way to reach them.
volatile std::sig_atomic_t requests = 0;
volatile std::sig_atomic_t keyboard = 0;
std::array<int, 2> wake{-1, -1};

constexpr std::array numbers{SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGPIPE};
std::array<struct sigaction, numbers.size()> before;

void on_signal(int number) {
  const int kept = errno;
  requests = requests + 1;
  if (number == SIGINT) keyboard = keyboard + 1;
  [[maybe_unused]] const auto ignored = ::write(wake[1], "", 1);
  errno = kept;
}

}  // namespace

Signals::Signals() {
  requests = 0;
  keyboard = 0;
  if (::pipe2(wake.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    throw SystemError(
        fmt::format("cannot make a pipe: {}; raise the limit on open files", file::system_message(errno)));
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    struct sigaction action {};
    action.sa_handler = numbers[i] == SIGPIPE ? SIG_IGN : on_signal;
    ::sigaction(numbers[i], nullptr, &before[i]);
    if (numbers[i] == SIGHUP && before[i].sa_handler == SIG_IGN) continue;
    ::sigaction(numbers[i], &action, nullptr);
  }
}

Signals::~Signals() {
  for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers[i], &before[i], nullptr);
  for (int& end : wake) {
    ::close(end);
    end = -1;
  }
}

int Signals::stop_requests() const noexcept { return requests; }
int Signals::interrupts() const noexcept { return keyboard; }
int Signals::descriptor() const noexcept { return wake[0]; }

void Signals::clear() const noexcept {
  std::array<char, 64> bytes{};
  while (::read(wake[0], bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace eigensweep::sweep
