// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/job/start_timeout.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmath>
#include <string>
#include <utility>

#include "eigensweep/core/text.hpp"
#include "eigensweep/sweep/job/communicator.hpp"

namespace eigensweep::sweep {
namespace {

std::string last_words;  // formatted in advance, because a signal handler must not allocate

void on_alarm(int number) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, last_words.data(), last_words.size());
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void set_timer(double seconds) {
  const double whole = std::floor(seconds);
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(whole);
  timer.it_value.tv_usec = static_cast<suseconds_t>(1e6 * (seconds - whole));
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

StartTimeout::StartTimeout(double seconds) : is_set_(is_launched()) {
  if (!is_set_) return;
  last_words = fmt::format(
      "eigensweep: not all ranks have started within {} (one is stopped, its node hangs, or messages are lost between "
      "nodes); start again\n",
      text::duration(seconds));
  ::signal(SIGALRM, on_alarm);
  set_timer(seconds);
}

StartTimeout::~StartTimeout() { end(); }

void StartTimeout::end() noexcept {
  if (!std::exchange(is_set_, false)) return;
  set_timer(0);
  ::signal(SIGALRM, SIG_DFL);
}

}  // namespace eigensweep::sweep
