// SPDX-License-Identifier: MIT
// How the engine finds workers that hang: what it measures of every stage that ends, and whom it asks about.
#include <algorithm>

#include "eigensweep/sweep/engine.hpp"

namespace eigensweep::sweep {
namespace {

constexpr double hang_look_pause = 1;  // seconds
constexpr double ask_pause = 5;        // seconds until a supervisor is asked again about the same silence
constexpr double absence = 5;          // seconds between two looks: this process was stopped, not all the workers
constexpr const char* training_stage = "train";

/// What the rates of a stage are kept under: an evaluation's id, since two may have one label.
std::string stage_of(const WorkerStatus& status) {
  if (status.stage.empty()) return "";
  return is_training(status) ? training_stage : status.evaluation;
}

}  // namespace

/// What the worker does until its next word.
Stretch Engine::stretch_of(std::size_t worker) const {
  const WorkerStatus& status = status_.workers[worker];
  const study::Pack& pack = coordinator_.pack(worker);
  Stretch stretch{stage_of(status), 0, pack.bytes};
  if (status.stage.empty()) {
    stretch.flops = pack.lanes.front().train ? work_.least_flops(pack) : 0;
  } else if (is_training(status)) {
    // A word comes after every step. At the end of an epoch there is more to do, but not another epoch.
    const double epochs = static_cast<double>(std::max<std::int64_t>(status.epochs, 1));
    const double steps = static_cast<double>(std::max<std::int64_t>(status.steps, 1));
    stretch.flops = status.train_share * pack.flops / epochs * std::max(1 / steps, 2 / Silence::factor);
  } else {
    const auto found = std::find_if(pack.evaluations.begin(), pack.evaluations.end(),
                                    [&](const study::Evaluation& entry) { return entry.id == status.evaluation; });
    if (found != pack.evaluations.end()) stretch.flops = work_.evaluation_flops(pack, *found);
  }
  return stretch;
}

/// Learns from a word of a worker how long a stage takes, before the word changes what is known of the worker.
void Engine::measure_stage(std::size_t worker, const Json& content) {
  const WorkerStatus& status = status_.workers[worker];
  const std::string type = content.value("type", "");
  if (type == "record" && !status.evaluation.empty() && !began_[worker].has_record) {
    silence_.measured(stretch_of(worker), seconds() - began_[worker].at);
    began_[worker].has_record = true;
  }
  if (type != "progress") return;
  WorkerStatus now = status;
  apply_progress(now, content);
  if (is_training(status) && is_training(now)) {
    const double done = (share_done(now) - began_[worker].share) * now.flops;
    if (done <= 0) return;
    silence_.measured({training_stage, done, 0}, seconds() - began_[worker].at);
    began_[worker] = {seconds(), share_done(now)};
  } else if (stage_of(now) != stage_of(status)) {
    if (!is_training(status) && !began_[worker].has_record)
      silence_.measured(stretch_of(worker), seconds() - began_[worker].at);
    began_[worker] = {seconds(), share_done(now)};
  }
}

void Engine::look_at_hangs() {
  if (seconds() < next_hang_look_ || !supervisor_.derives_silence()) return;
  // Stopped and continued, or kept from its loop: what workers said meanwhile may still be on its way.
  const double away = seconds() - next_hang_look_;
  next_hang_look_ = seconds() + hang_look_pause;
  if (away > absence) {
    for (double& heard : heard_) heard += away;
    return;
  }
  for (std::size_t worker = 0; worker < heard_.size(); ++worker) {
    const WorkerStatus& status = status_.workers[worker];
    const double silent = seconds() - heard_[worker];
    if (silent < Silence::floor || !coordinator_.has_pack(worker)) continue;
    if (seconds() < next_ask_[worker]) continue;
    int hangs = 0;
    for (const study::Lane& lane : coordinator_.pack(worker).lanes)
      hangs = std::max(hangs, static_cast<int>(hangs_[lane.trial]));
    const double allowed = silence_.allowed(stretch_of(worker), hangs);
    if (silent < allowed) continue;
    next_ask_[worker] = seconds() + ask_pause;
    if (status.place.rank == communicator_.rank()) {
      supervisor_.doubt(status.place.slot, allowed);
    } else {
      communicator_.send(status.place.rank, {{"type", "doubt"}, {"slot", status.place.slot}, {"seconds", allowed}});
    }
  }
}

}  // namespace eigensweep::sweep
