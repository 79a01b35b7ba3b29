// SPDX-License-Identifier: MIT
// Loaded before the C library: what only ever goes forward (CLOCK_MONOTONIC) goes ten times as fast, so a program
// that waits for 20 s by its own clock has waited for 2 s. The time of day is left alone, and so are the kernel's
// waits.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (clock != CLOCK_MONOTONIC || result != 0) return result;
  constexpr long speed = 10;
  constexpr long second = 1000000000;
  const long nanoseconds = speed * now->tv_nsec;
  now->tv_sec = speed * now->tv_sec + nanoseconds / second;
  now->tv_nsec = nanoseconds % second;
  return 0;
}
