// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/sweep/process/rank_workers.hpp"
#include "eigensweep/sweep/process/waiting.hpp"
#include "eigensweep/sweep/process/worker_process.hpp"
#include "eigensweep/wire/messages.hpp"

namespace eigensweep::sweep {

/// The timeouts and retry limits of a supervisor for its workers.
struct Patience {
  /// From start to hello, long enough for a cold file system. After the first hello, Silence::until_hello() shortens
  /// it.
  std::chrono::duration<double> hello{300};
  /// A busy worker that is silent for so long is killed; nothing: only doubt() has workers killed for silence.
  std::optional<std::chrono::duration<double>> silence;
  std::chrono::duration<double> farewell{10};      ///< from Quit to SIGKILL
  std::chrono::duration<double> first_pause{0.2};  ///< before a restart; doubles with every loss in a row, up to 30 s
  int losses_before_hello = 5;  ///< a slot whose workers died so many times in a row before hello is given up
  int losses_in_a_row = 30;     ///< a slot with so many losses and no finished pack in between is given up
};

/// Starts, feeds, watches and restarts the workers of one rank, each in its slot. A slot without a worker starts one
/// when it gets a task. Single-threaded. Only turn() and quit() wait. The process must ignore SIGPIPE (Signals does).
///
/// It reports events (wire::Happening): messages of the workers, and what the supervisor itself observes.
class Supervisor : public RankWorkers {
 public:
  using Clock = std::chrono::steady_clock;
  struct Slot {
    WorkerCommand command;
  };
  /// `now`: the clock by which workers are watched. `waiting`: seconds that a process has waited for a CPU, which are
  /// no silence of a worker: on a machine that others use it says nothing because it cannot run.
  Supervisor(std::vector<Slot> slots, Patience patience, std::function<Clock::time_point()> now = Clock::now,
             std::function<double(pid_t)> waiting = seconds_waiting);

  /// The slot must be free, which it is at the start and after the events Finished, Failed and Ready.
  void give(std::size_t slot, const wire::Bytes& task) override;
  void doubt(std::size_t slot, double seconds) override;
  /// Whether the caller decides by doubt() which workers hang, because the user has set no timeout.
  [[nodiscard]] bool derives_silence() const noexcept { return !patience_.silence; }
  void drain() override;
  void kill() noexcept override;
  /// Tells all workers to exit, waits for at most `Patience::farewell` and kills those that are left. Events of this
  /// time are dropped.
  void quit();

  /// Waits for events, at most so long, and returns them. `also`: one more descriptor that ends the wait (-1: none).
  std::vector<wire::Event> turn(std::chrono::microseconds at_most, int also);
  [[nodiscard]] bool is_empty() const noexcept;
  [[nodiscard]] std::size_t slots() const noexcept { return slots_.size(); }
  /// Process id of a slot's worker, 0 if there is none.
  [[nodiscard]] pid_t pid(std::size_t slot) const noexcept;

 private:
  struct State {
    WorkerCommand command;
    std::unique_ptr<WorkerProcess> process;
    bool said_hello = false;
    bool is_busy = false;
    bool is_leaving = false;  ///< it sent Drained, or was sent Quit
    bool is_retired = false;
    int losses = 0;               ///< since the last pack that was finished
    int losses_before_hello = 0;  ///< in a row
    Clock::time_point started{};
    Clock::time_point heard{};
    std::optional<double> waited;  ///< for a CPU, soon after it was heard last; nothing: it was heard just now
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
  std::function<Clock::time_point()> now_;
  std::function<double(pid_t)> waiting_;
  Clock::time_point looked_ = now_();
  double longest_hello_ = 0;  ///< seconds of the slowest hello so far; 0: none yet
  bool draining_ = false;
};

}  // namespace eigensweep::sweep
