// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/wire/messages.hpp"

namespace eigensweep::sweep {

/// The state of a worker as rank 0 knows it.
enum class WorkerState : std::uint8_t {
  idle,
  starting,  ///< it has a pack, but has not sent a message yet
  busy,
  lost,     ///< it died or hung; its slot waits before a restart
  retired,  ///< its slot is given up
};

constexpr std::string_view word(WorkerState state) {
  switch (state) {
    case WorkerState::idle:
      return "idle";
    case WorkerState::starting:
      return "starting";
    case WorkerState::busy:
      return "busy";
    case WorkerState::lost:
      return "lost";
    case WorkerState::retired:
      return "retired";
  }
  return "";
}

/// The state of a run.
enum class RunState : std::uint8_t { running, complete, stopped, failed };

constexpr std::string_view word(RunState state) {
  switch (state) {
    case RunState::running:
      return "running";
    case RunState::complete:
      return "complete";
    case RunState::stopped:
      return "stopped";
    case RunState::failed:
      return "failed";
  }
  return "";
}

/// A worker as status.json and the live view show it.
struct WorkerStatus {
  wire::WorkerPlace place;
  WorkerState state = WorkerState::idle;
  std::string pack;
  std::size_t lanes = 0;
  wire::Stage stage = wire::Stage::start;
  std::string label, evaluation;  ///< label and id of the running evaluation; "" in any other stage
  std::int64_t epoch = 0, epochs = 0, step = 0, steps = 0;
  std::vector<double> losses;  ///< one per lane
  std::size_t losses_in_all = 0;
  double flops = 0;        ///< predicted for its pack
  double train_share = 1;  ///< share of `flops` that training takes
  double records = 0;      ///< share of the pack's evaluation records that have arrived
  double started = 0;      ///< seconds since the run began
};

/// All that the live view, the log and status.json show of a run.
struct RunStatus {
  std::string study;
  std::string study_file;
  std::string continue_command;  ///< from any folder
  RunState state = RunState::running;
  std::string message;
  std::vector<std::string> warnings;  ///< of the study; `collect` repeats them when it has no data to check the study
  std::size_t trials = 0, done = 0, failed = 0, diverged = 0;
  std::size_t done_before = 0;  ///< how many of `done` earlier runs did
  std::size_t packs_done = 0, packs_waiting = 0;
  double waiting_flops = 0;
  double elapsed = 0;         ///< seconds
  double finished_flops = 0;  ///< predicted operations of finished packs
  double busy_seconds = 0;    ///< time that workers spent on them, summed over workers
  std::vector<WorkerStatus> workers;

  [[nodiscard]] std::size_t running_trials() const;
  [[nodiscard]] std::size_t running_packs() const;
  /// Trials per second in this run; nothing before the first one is done.
  [[nodiscard]] std::optional<double> rate() const;
  /// Predicted seconds until the end, from the cost model and the measured speed; nothing before a twentieth of the
  /// work is done or workers have worked for five minutes.
  [[nodiscard]] std::optional<double> time_left() const;
};

/// Display text: "train", or the label of the evaluation; "" at the start of a pack.
std::string stage_text(const WorkerStatus& worker);
/// The share of its pack that a worker has done, by its last message.
double share_done(const WorkerStatus& worker);
/// Copies a progress message into a worker's status.
void apply_progress(WorkerStatus& worker, const wire::Progress& progress);

Json to_json(const RunStatus& status);

}  // namespace eigensweep::sweep
