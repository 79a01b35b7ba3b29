// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/sweep/folder/kept.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"
#include "eigensweep/sweep/job/communicator.hpp"
#include "eigensweep/sweep/process/signals.hpp"
#include "eigensweep/sweep/process/supervisor.hpp"
#include "eigensweep/sweep/run/publisher.hpp"
#include "eigensweep/sweep/run/record_keeper.hpp"
#include "eigensweep/sweep/run/status_board.hpp"
#include "eigensweep/sweep/run/view.hpp"
#include "eigensweep/sweep/run/workers.hpp"
#include "eigensweep/sweep/schedule/coordinator.hpp"
#include "eigensweep/sweep/schedule/hang_watch.hpp"
#include "eigensweep/sweep/schedule/monitor.hpp"
#include "eigensweep/sweep/schedule/pace.hpp"
#include "eigensweep/sweep/schedule/rank_watch.hpp"
#include "eigensweep/sweep/schedule/time_budget.hpp"
#include "eigensweep/wire/messages.hpp"
#include "eigensweep/wire/task.hpp"

namespace eigensweep::sweep {

/// The work of one run, and the functions that the engine needs for it.
struct Work {
  std::vector<std::string> trials;  ///< ids, by index into Study::trials
  std::vector<study::Pack> packs;
  bool keeps_models = true;
  std::function<wire::PackTask(const study::Pack&)> make_task;
  std::function<double(const study::Pack&)> train_share;  ///< share of a pack's predicted operations in training
  PackCosts costs;
  Publisher::Publish publish;
  std::string continue_command;  ///< for messages
};

/// The main loop of rank 0: handles the messages of all workers, writes records to the ledger, hands out the packs that
/// the coordinator chooses, shows progress and publishes results.h5. Only writing results.h5 uses a second thread.
class Engine {
 public:
  /// `places`: all workers, sorted by rank and slot; `supervisor` has those of rank 0. `status`: the study, the totals
  /// and the counts of earlier runs. Throws DataError, SystemError when the ledger cannot be opened.
  Engine(Work work, const OutputPaths& paths, const std::vector<wire::WorkerPlace>& places, RunStatus status,
         Supervisor& supervisor, TimeBudget budget, Communicator& communicator, RankWatch& ranks,
         const Signals& signals);

  /// Runs until all work is done or the run must stop. Returns ok, trials_failed or continue_later. Throws DataError
  /// when a worker finds the data broken. Throws SystemError on a full disk, when all workers were given up, or when
  /// the time ended before anything could be saved. Finished records are saved first, unless the disk is full.
  ExitCode run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Event {
    std::size_t worker = 0;
    wire::Happening what;
  };

  void turn();
  void accept(std::size_t worker, wire::EncodedRecord&& record);
  void save();
  void take(Event& event);
  void take(std::size_t worker, const wire::Hello& hello);
  void take(std::size_t worker, const wire::Progress& progress);
  void take(std::size_t worker, wire::EncodedRecord& record);
  void take(std::size_t worker, const wire::Finished& finished);
  void take(std::size_t worker, const wire::Failed& failed);
  void take(std::size_t worker, const wire::Drained& drained);
  void take(std::size_t worker, const wire::Lost& lost);
  void take(std::size_t worker, const wire::Left& left);
  void take(std::size_t worker, const wire::Ready& ready);
  void take(std::size_t worker, const wire::Retired& retired);
  [[nodiscard]] bool lost_its_pack(std::size_t worker, bool was_busy) const;
  void hand_out();
  void look_at_signals();
  void look_at_time();
  void heard_of(std::size_t worker, const wire::Happening& what);
  void look_at_hangs();
  void look_at_ranks();
  void begin_drain(const std::string& why);
  void tick();
  void take_tally();
  void leave();
  ExitCode conclude();
  /// Sets the error with which the run will end, unless one is set already.
  void fail(ExitCode code, const std::string& message);
  [[nodiscard]] double seconds() const;

  Work work_;
  const OutputPaths& paths_;
  Supervisor& supervisor_;
  Workers workers_;
  TimeBudget budget_;
  Communicator& communicator_;
  RankWatch& ranks_;
  const Signals& signals_;
  Coordinator coordinator_;
  RecordKeeper keeper_;
  Publisher publisher_;
  View view_;
  StatusBoard board_;
  Clock::time_point start_ = Clock::now();
  const Kept kept_at_start_{paths_};

  HangWatch hangs_;
  double next_life_sign_ = 0;
  std::chrono::microseconds pause_ = shortest_pause;

  bool draining_ = false;
  bool interrupted_ = false;  ///< second Ctrl-C: end at once
  bool any_hello_ = false;
  bool time_is_up_ = false;  ///< the time budget caused the drain
  bool has_cut_ = false;
  bool has_checkpoint_ = false;  ///< a worker wrote a checkpoint of a training in this run; known once it drains
  std::size_t retired_ = 0;
  std::optional<ExitCode> error_code_;  ///< set if the run ends by an error, and not by a request
  std::string error_;
};

}  // namespace eigensweep::sweep
