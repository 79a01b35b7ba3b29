// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::sweep {

/// Counts SIGINT, SIGTERM, SIGUSR1 and SIGHUP as requests to stop, and has a descriptor that wakes poll(2). Ignores
/// SIGPIPE, because the death of a worker is noticed by its exit status. SIGHUP stays ignored if it was (nohup). The
/// destructor restores the earlier handlers. Only one object may exist at a time.
class Signals {
 public:
  /// Throws SystemError when no pipe can be made.
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Number of requests so far. Several signals of one kind in quick succession may count as one.
  [[nodiscard]] int stop_requests() const noexcept;
  /// How many of them were SIGINT, which a user sends by Ctrl-C.
  [[nodiscard]] int interrupts() const noexcept;
  /// Readable after a signal, until clear().
  [[nodiscard]] int descriptor() const noexcept;
  void clear() const noexcept;
};

}  // namespace eigensweep::sweep
