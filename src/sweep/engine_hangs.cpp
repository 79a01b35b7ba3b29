// SPDX-License-Identifier: MIT
// How the engine finds workers that hang: what it measures of every stage that ends, and whom it asks about.
#include <algorithm>

#include "eigensweep/sweep/engine.hpp"

namespace eigensweep::sweep {
namespace {

constexpr double hang_look_pause = 1;  // seconds
constexpr double ask_pause = 5;        // seconds until a supervisor is asked again about the same silence
constexpr double absence = 5;          // seconds between two looks: this process was stopped, not all the workers
}  // namespace

/// What the worker does until its next word.
Stretch Engine::stretch_of(std::size_t worker) const {
  const WorkerStatus& status = status_.workers[worker];
  const study::Pack& pack = coordinator_.pack(worker);
  Stretch stretch{status.stage, status.evaluation, 0, pack.bytes};
  switch (status.stage) {
    case wire::Stage::start:
      stretch.flops = pack.lanes.front().train ? work_.least_flops(pack) : 0;
      break;
    case wire::Stage::train: {
      // A word comes after every step. At the end of an epoch there is more to do, but not another epoch.
      const double epochs = static_cast<double>(std::max<std::int64_t>(status.epochs, 1));
      const double steps = static_cast<double>(std::max<std::int64_t>(status.steps, 1));
      stretch.flops = status.train_share * pack.flops / epochs * std::max(1 / steps, 2 / Silence::factor);
      break;
    }
    case wire::Stage::evaluate: {
      const auto found = std::find_if(pack.evaluations.begin(), pack.evaluations.end(),
                                      [&](const study::Evaluation& entry) { return entry.id == status.evaluation; });
      if (found != pack.evaluations.end()) stretch.flops = work_.evaluation_flops(pack, *found);
      break;
    }
  }
  return stretch;
}

/// Learns from a word of a worker how long a stage takes, before the word changes what is known of the worker.
void Engine::measure_stage(std::size_t worker, const wire::Happening& what) {
  const WorkerStatus& status = status_.workers[worker];
  const bool is_record = std::holds_alternative<wire::EncodedRecord>(what);
  if (is_record && status.stage == wire::Stage::evaluate && !began_[worker].has_record) {
    silence_.measured(stretch_of(worker), seconds() - began_[worker].at);
    began_[worker].has_record = true;
  }
  const auto* progress = std::get_if<wire::Progress>(&what);
  if (progress == nullptr) return;
  WorkerStatus now = status;
  apply_progress(now, *progress);
  if (status.stage == wire::Stage::train && now.stage == wire::Stage::train) {
    const double done = (share_done(now) - began_[worker].share) * now.flops;
    if (done <= 0) return;
    silence_.measured({now.stage, "", done, 0}, seconds() - began_[worker].at);
    began_[worker] = {seconds(), share_done(now)};
  } else if (now.stage != status.stage || now.evaluation != status.evaluation) {
    if (status.stage != wire::Stage::train && !began_[worker].has_record) {
      silence_.measured(stretch_of(worker), seconds() - began_[worker].at);
    }
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
    const double silent = seconds() - heard_[worker];
    if (silent < Silence::floor || !coordinator_.has_pack(worker)) continue;
    if (seconds() < next_ask_[worker]) continue;
    int hangs = 0;
    for (const study::Lane& lane : coordinator_.pack(worker).lanes)
      hangs = std::max(hangs, static_cast<int>(hangs_[lane.trial]));
    const double allowed = silence_.allowed(stretch_of(worker), hangs);
    if (silent < allowed) continue;
    next_ask_[worker] = seconds() + ask_pause;
    workers_.doubt(worker, allowed);
  }
}

}  // namespace eigensweep::sweep
