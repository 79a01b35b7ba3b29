// SPDX-License-Identifier: MIT
// Preloaded before the C library. Simulates a network file system without a lock service, where flock(2) fails.
#include <cerrno>

extern "C" int flock(int, int) {
  errno = ENOLCK;
  return -1;
}
