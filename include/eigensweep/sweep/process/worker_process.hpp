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

/// How to start a worker.
struct WorkerCommand {
  std::filesystem::path program;
  std::string device = "cpu";  ///< "cpu" or "cuda:K"
  int threads = 1;
  std::filesystem::path log;  ///< its standard output and error are appended here
  std::vector<int> cpus{};    ///< CPUs that it may use; empty: the same as this process
};

/// A running eigensweep-worker and the two pipes to it (wire/frame.hpp). It has a process group of its own, so that a
/// terminal's Ctrl-C reaches only its supervisor. The kernel kills it when its supervisor dies.
class WorkerProcess {
 public:
  /// Throws SystemError when the program cannot be started, file::WriteError when its log cannot be opened.
  explicit WorkerProcess(const WorkerCommand& command);
  /// Kills the process if it still runs, and waits for it.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// For poll(2): readable when frames have arrived or the pipe was closed; -1 after that.
  [[nodiscard]] int read_descriptor() const noexcept { return read_; }
  /// For poll(2): writable when flush() can write more; -1 if nothing is left to write.
  [[nodiscard]] int write_descriptor() const noexcept { return unsent_.empty() ? -1 : write_; }

  /// Queues a frame and writes as much as the pipe takes. Never blocks.
  void send(const wire::Bytes& frame);
  void flush();
  /// The frames that have arrived. Throws DataError on bytes that are not frames.
  std::vector<wire::Frame> receive();
  /// Does nothing once the process has been reaped, since another process may have its pid by then.
  void signal(int number) noexcept;
  /// How the process ended: "exit code 3", "killed by signal 9 (Killed)"; nothing while it runs. Never blocks.
  std::optional<std::string> ended();
  /// Whether it has exited with code 0.
  [[nodiscard]] bool ended_well() const noexcept { return ended_ && exit_code_ == 0; }
  /// The last lines that this process wrote to its log, joined to one line; "" if it wrote none.
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

/// The worker program: $EIGENSWEEP_WORKER, or else `eigensweep-worker` in the folder of this program. Throws
/// SystemError when it cannot be executed.
std::filesystem::path find_worker();

}  // namespace eigensweep::sweep
