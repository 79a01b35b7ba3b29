// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/wire/frame.hpp"

namespace eigensweep::sweep {

/// How a worker is started.
struct WorkerCommand {
  std::filesystem::path program;
  std::string device = "cpu";  ///< "cpu" or "cuda:K"
  int threads = 1;
  std::filesystem::path log;  ///< its standard output and error are appended here
  std::vector<int> cpus{};    ///< where it may run; empty: wherever this process may
};

/// A running eigensweep-worker and the two pipes to it (frames on its descriptors 3 and 4, see wire/frame.hpp). It has
/// a process group of its own, so that a terminal's Ctrl-C reaches only its supervisor, and dies with its supervisor.
class WorkerProcess {
 public:
  /// Throws SystemError when the program cannot be started.
  explicit WorkerProcess(const WorkerCommand& command);
  /// Kills the process if it still runs, and waits for it.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// To poll(2): readable when frames or the end have come; -1 after the end.
  [[nodiscard]] int read_descriptor() const noexcept { return read_; }
  /// To poll(2) for writing; -1 when nothing waits to be written.
  [[nodiscard]] int write_descriptor() const noexcept { return unsent_.empty() ? -1 : write_; }

  /// Queues a frame and writes as much as the pipe takes: never blocks, whatever the worker does.
  void send(const wire::Bytes& frame);
  void flush();
  /// The frames that have come in. Throws DataError on bytes that are no frames.
  std::vector<wire::Frame> receive();
  /// No process of this kind ever gets a signal once it has been waited for.
  void signal(int number) noexcept;
  /// How the process ended, once it has: "exit code 3", "killed by signal 9 (Killed)". Never blocks.
  std::optional<std::string> ended();
  /// It ended by itself with exit code 0.
  [[nodiscard]] bool ended_well() const noexcept { return ended_ && exit_code_ == 0; }
  /// The last lines that this process wrote to its log, in one line; "" if it wrote none.
  [[nodiscard]] std::string last_words() const;

 private:
  std::filesystem::path log_;
  std::uintmax_t log_start_ = 0;
  pid_t pid_ = -1;
  int read_ = -1;
  int write_ = -1;
  wire::FrameReader reader_;
  wire::Bytes unsent_;
  bool ended_ = false;
  int exit_code_ = -1;
  std::string how_;
};

/// The worker program: EIGENSWEEP_WORKER, else `eigensweep-worker` beside the running program. Throws SystemError.
std::filesystem::path find_worker();

}  // namespace eigensweep::sweep
