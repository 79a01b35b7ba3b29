// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/sweep/process/rank_workers.hpp"
#include "eigensweep/sweep/process/worker_process.hpp"
#include "eigensweep/wire/messages.hpp"

namespace eigensweep::sweep {

/// What a supervisor lets its workers get away with.
struct Patience {
  std::chrono::duration<double> hello{
      300};  ///< from start to hello, until others have said it: a cold file system takes its time
  /// A busy worker without a word for so long hangs; nothing: only who says doubt() decides that.
  std::optional<std::chrono::duration<double>> silence;
  std::chrono::duration<double> farewell{10};      ///< from "quit" to the end
  std::chrono::duration<double> first_pause{0.2};  ///< before a restart; doubles with every loss in a row, to 30 s
  int losses_before_hello = 5;                     ///< in a row: the slot is given up
  int losses_in_a_row = 30;                        ///< without anything finished in between: the slot is given up
};

/// Starts, feeds, watches and restarts the workers of one rank, each in its slot. A worker is started when its slot
/// gets its first task. Single-threaded; nothing blocks but turn(). The process must ignore SIGPIPE (Signals does).
///
/// What happens comes back as events: what workers say, and what the supervisor sees of them (wire::Happening).
class Supervisor : public RankWorkers {
 public:
  struct Slot {
    WorkerCommand command;
  };
  Supervisor(std::vector<Slot> slots, Patience patience);

  /// The slot must be free: at the start, after finished, failed or ready.
  void give(std::size_t slot, const wire::Bytes& task) override;
  void doubt(std::size_t slot, double seconds) override;
  /// Nobody has fixed how long a worker may say nothing.
  [[nodiscard]] bool derives_silence() const noexcept { return !patience_.silence; }
  void drain() override;
  void kill() noexcept override;
  /// Tells idle workers to leave, waits for them, ends the stubborn ones. May take `Patience::farewell`.
  void quit();

  /// Waits for something to happen, at most so long, and returns what did. `also`: one more descriptor to wake up for
  /// (-1: none).
  std::vector<wire::Event> turn(std::chrono::microseconds at_most, int also);
  [[nodiscard]] bool is_empty() const noexcept;
  [[nodiscard]] std::size_t slots() const noexcept { return slots_.size(); }
  /// Process id of a slot's worker, 0 if there is none.
  [[nodiscard]] pid_t pid(std::size_t slot) const noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  struct State {
    WorkerCommand command;
    std::unique_ptr<WorkerProcess> process;
    bool said_hello = false;
    bool is_busy = false;
    bool is_leaving = false;  ///< it said "drained", or was told to quit
    bool is_retired = false;
    int losses = 0;  ///< in a row
    Clock::time_point started{};
    Clock::time_point heard{};
    Clock::time_point rest_until{};
    bool is_resting = false;
  };

  void listen(std::size_t slot, std::vector<wire::Event>& events);
  void hear(std::size_t slot, wire::Frame&& frame, std::vector<wire::Event>& events);
  void watch(std::size_t slot, Clock::time_point now, std::vector<wire::Event>& events);
  void forgive_absence(Clock::time_point now, std::chrono::microseconds waited);
  void hang(std::size_t slot, std::chrono::duration<double> silence, std::vector<wire::Event>& events);
  void lose(std::size_t slot, const std::string& message, std::vector<wire::Event>& events, bool hung = false);

  std::vector<State> slots_;
  std::vector<wire::Event> unreported_;
  Patience patience_;
  Clock::time_point looked_ = Clock::now();
  double longest_hello_ = 0;  ///< seconds that a worker took to say it; 0: none has yet
  bool draining_ = false;
};

}  // namespace eigensweep::sweep
