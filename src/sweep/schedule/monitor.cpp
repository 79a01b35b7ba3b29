// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/monitor.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace eigensweep::sweep {
namespace {

bool is_busy(const WorkerStatus& worker) {
  return worker.state == WorkerState::busy || worker.state == WorkerState::starting;
}

}  // namespace

std::size_t RunStatus::running_trials() const {
  std::size_t count = 0;
  for (const WorkerStatus& worker : workers) count += is_busy(worker) ? worker.lanes : 0;
  return count;
}

std::size_t RunStatus::running_packs() const {
  return static_cast<std::size_t>(std::count_if(workers.begin(), workers.end(), is_busy));
}

std::optional<double> RunStatus::rate() const {
  if (done <= done_before || elapsed <= 0) return std::nullopt;
  return static_cast<double>(done - done_before) / elapsed;
}

std::optional<double> RunStatus::time_left() const {
  double flops = finished_flops;
  double seconds = busy_seconds;
  double left = waiting_flops;
  std::size_t active = 0;
  for (const WorkerStatus& worker : workers) {
    if (worker.state != WorkerState::retired) ++active;
    if (!is_busy(worker)) continue;
    const double share = share_done(worker);
    flops += share * worker.flops;
    seconds += elapsed - worker.started;
    left += (1 - share) * worker.flops;
  }
  if (flops <= 0 || seconds <= 0 || active == 0) return std::nullopt;
  // The first epochs pay for start, data and first eigenvectors, so that an estimate from them alone is far too long.
  constexpr double least_share = 0.05;
  constexpr double enough_seconds = 300;  // of workers together
  if (flops < least_share * (flops + left) && seconds < enough_seconds) return std::nullopt;
  const double speed = flops / seconds;  // of one worker
  double longest = 0;
  for (const WorkerStatus& worker : workers) {
    if (is_busy(worker)) longest = std::max(longest, (1 - share_done(worker)) * worker.flops / speed);
  }
  return std::max(longest, left / (speed * static_cast<double>(active)));
}

std::string stage_text(const WorkerStatus& worker) {
  switch (worker.stage) {
    case wire::Stage::start:
      return "";
    case wire::Stage::train:
      return std::string(word(worker.stage));
    case wire::Stage::evaluate:
      return worker.label;
  }
  return "";
}

double share_done(const WorkerStatus& worker) {
  if (worker.state != WorkerState::busy || worker.stage == wire::Stage::start) return 0;
  if (worker.stage == wire::Stage::evaluate) return worker.train_share + (1 - worker.train_share) * worker.records;
  if (worker.epochs <= 0) return 0;
  const double step = worker.steps > 0 ? static_cast<double>(worker.step) / static_cast<double>(worker.steps) : 0;
  const double trained = (static_cast<double>(worker.epoch) + step) / static_cast<double>(worker.epochs);
  return worker.train_share * std::clamp(trained, 0.0, 1.0);
}

void apply_progress(WorkerStatus& worker, const wire::Progress& progress) {
  worker.state = WorkerState::busy;
  worker.stage = progress.stage;
  worker.label = progress.label;
  worker.evaluation = progress.evaluation;
  worker.epoch = progress.epoch;
  worker.epochs = progress.epochs;
  worker.step = progress.step;
  worker.steps = progress.steps;
  worker.losses = progress.losses;
}

Json to_json(const RunStatus& status) {
  Json json;
  json["study"] = status.study;
  json["study_file"] = status.study_file;
  json["continue_command"] = status.continue_command;
  json["state"] = word(status.state);
  json["message"] = status.message;
  json["warnings"] = status.warnings;
  json["trials"] = {{"total", status.trials},  {"done", status.done},         {"running", status.running_trials()},
                    {"failed", status.failed}, {"diverged", status.diverged}, {"done_before", status.done_before}};
  json["packs"] = {{"done", status.packs_done}, {"running", status.running_packs()}, {"waiting", status.packs_waiting}};
  json["elapsed_seconds"] = status.elapsed;
  const auto rate = status.rate();
  json["trials_per_second"] = rate ? Json(*rate) : Json(nullptr);
  const auto left = status.time_left();
  json["seconds_left"] = left && status.state == RunState::running ? Json(*left) : Json(nullptr);
  json["workers"] = Json::array();
  for (const WorkerStatus& worker : status.workers) {
    Json entry = wire::to_value(worker.place);
    entry.erase("visible_devices");
    entry["state"] = word(worker.state);
    if (is_busy(worker)) {
      entry["pack"] = worker.pack;
      entry["lanes"] = worker.lanes;
      entry["stage"] = stage_text(worker);
      entry["evaluation"] = worker.evaluation;
      entry["epoch"] = worker.epoch;
      entry["epochs"] = worker.epochs;
      entry["losses"] = worker.losses;
    }
    entry["lost"] = worker.losses_in_all;
    json["workers"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace eigensweep::sweep
