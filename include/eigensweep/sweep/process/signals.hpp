// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::sweep {

/// SIGINT, SIGTERM, SIGUSR1 and SIGHUP as a count of requests to stop, and a descriptor that wakes poll(2). SIGPIPE is
/// ignored: a dead worker shows itself by its end. A SIGHUP that nohup made the process ignore stays ignored.
/// The earlier handlers come back with the destructor. One at a time.
class Signals {
 public:
  /// Throws SystemError.
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Requests so far; several signals of one kind in quick succession may count once.
  [[nodiscard]] int stop_requests() const noexcept;
  /// Of these, the ones by SIGINT: somebody at the keyboard.
  [[nodiscard]] int interrupts() const noexcept;
  /// Readable once after each signal.
  [[nodiscard]] int descriptor() const noexcept;
  void clear() const noexcept;
};

}  // namespace eigensweep::sweep
