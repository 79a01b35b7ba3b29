// SPDX-License-Identifier: MIT
// Preloaded before the C library. Simulates a machine whose time of day jumps back and forth by years, twice a second.
// CLOCK_MONOTONIC is not changed.
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

timespec ask(clockid_t clock) {
  timespec now{};
  ::syscall(SYS_clock_gettime, clock, &now);
  return now;
}

timespec jumping() {
  constexpr long year = 31556952;
  constexpr long jumps[] = {0, 10 * year, -10 * year, 3600, -1};
  const timespec steady = ask(CLOCK_MONOTONIC);
  timespec now = ask(CLOCK_REALTIME);
  now.tv_sec += jumps[static_cast<unsigned long>(steady.tv_sec * 2 + steady.tv_nsec / 500000000) % 5];
  return now;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
    *now = jumping();
    return 0;
  }
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
}

extern "C" int gettimeofday(timeval* now, void*) noexcept {
  const timespec there = jumping();
  now->tv_sec = there.tv_sec;
  now->tv_usec = there.tv_nsec / 1000;
  return 0;
}

extern "C" time_t time(time_t* now) noexcept {
  const timespec there = jumping();
  if (now != nullptr) *now = there.tv_sec;
  return there.tv_sec;
}
