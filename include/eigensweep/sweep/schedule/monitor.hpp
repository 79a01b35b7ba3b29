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

/// What a worker is doing, as far as rank 0 knows.
enum class WorkerState : std::uint8_t {
  idle,
  starting,  ///< it has a pack, and has not spoken yet
  busy,
  lost,     ///< it died or hung, and its slot rests
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

/// Where a run stands.
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
  std::string label, evaluation;  ///< of the evaluation that runs; "" in any other stage
  std::int64_t epoch = 0, epochs = 0, step = 0, steps = 0;
  std::vector<double> losses;  ///< one per lane
  std::size_t losses_in_all = 0;
  double flops = 0;        ///< predicted, of its pack
  double train_share = 1;  ///< of these, what training takes
  double records = 0;      ///< share of the pack's evaluation records that have come in
  double started = 0;      ///< seconds since the run began
};

/// The state of a run: what is printed, shown and written, from one place.
struct RunStatus {
  std::string study;
  std::string study_file;
  RunState state = RunState::running;
  std::string message;
  std::vector<std::string> warnings;  ///< the study's, for a `collect` that finds no data to check it against
  std::size_t trials = 0, done = 0, failed = 0, diverged = 0;
  std::size_t done_before = 0;  ///< of `done`, by earlier runs
  std::size_t packs_done = 0, packs_waiting = 0;
  double waiting_flops = 0;
  double elapsed = 0;         ///< seconds
  double finished_flops = 0;  ///< of finished packs
  double busy_seconds = 0;    ///< of workers, for these
  std::vector<WorkerStatus> workers;

  [[nodiscard]] std::size_t running_trials() const;
  [[nodiscard]] std::size_t running_packs() const;
  /// Trials per second in this run, once one is finished.
  [[nodiscard]] std::optional<double> rate() const;
  /// Seconds until the end by the cost model, corrected by what workers did so far; nothing before any progress.
  [[nodiscard]] std::optional<double> time_left() const;
};

/// For people: "train", or the label of the evaluation; "" before the first word about it.
std::string stage_text(const WorkerStatus& worker);
/// The share of its pack that a worker has done, by its last word.
double share_done(const WorkerStatus& worker);
/// Takes over what a worker says.
void apply_progress(WorkerStatus& worker, const wire::Progress& progress);

Json to_json(const RunStatus& status);

}  // namespace eigensweep::sweep
