// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/hang_watch.hpp"

#include <algorithm>
#include <utility>

namespace eigensweep::sweep {
namespace {

constexpr double look_pause = 1;  // seconds
constexpr double ask_pause = 5;   // seconds until a supervisor is asked again about the same worker
constexpr double absence = 5;     // seconds between two looks: above it, this process was stopped or busy
constexpr std::uint8_t most_hangs = 100;

}  // namespace

HangWatch::HangWatch(std::size_t workers, std::size_t trials, PackCosts costs)
    : workers_(workers), hangs_(trials, 0), costs_(std::move(costs)) {}

void HangWatch::gave(std::size_t worker, double now) { workers_[worker] = {now, now, 0, false, 0}; }

double HangWatch::heard(std::size_t worker, const wire::Happening& what, const WorkerStatus& before,
                        const study::Pack& pack, double now) {
  Watched& watched = workers_[worker];
  measure(watched, what, before, pack, now);
  return now - std::exchange(watched.heard, now);
}

void HangWatch::hung(const study::Pack& pack) {
  for (const study::Lane& lane : pack.lanes) {
    if (hangs_[lane.trial] < most_hangs) ++hangs_[lane.trial];
  }
}

/// Measures how long a stage, or a part of a training, took.
void HangWatch::measure(Watched& watched, const wire::Happening& what, const WorkerStatus& before,
                        const study::Pack& pack, double now) {
  const double taken = now - watched.stage_began;
  const bool is_record = std::holds_alternative<wire::EncodedRecord>(what);
  if (is_record && before.stage == wire::Stage::evaluate && !watched.has_record) {
    silence_.measured(stretch_of(before, pack), taken);
    watched.has_record = true;
  }
  const auto* progress = std::get_if<wire::Progress>(&what);
  if (progress == nullptr) return;
  WorkerStatus after = before;
  apply_progress(after, *progress);
  const double share = share_done(after);
  if (before.stage == wire::Stage::train && after.stage == wire::Stage::train) {
    const double done = (share - watched.share_then) * after.flops;
    if (done <= 0) return;
    silence_.measured({after.stage, "", done, 0}, taken);
  } else if (after.stage != before.stage || after.evaluation != before.evaluation) {
    if (before.stage != wire::Stage::train && !watched.has_record) silence_.measured(stretch_of(before, pack), taken);
  } else {
    return;
  }
  watched.stage_began = now;
  watched.share_then = share;
  watched.has_record = false;
}

/// What the worker does until its next message.
Stretch HangWatch::stretch_of(const WorkerStatus& status, const study::Pack& pack) const {
  Stretch stretch{status.stage, status.evaluation, 0, pack.bytes, pack.group, pack.lanes.size(), pack.has_checkpoint};
  switch (status.stage) {
    case wire::Stage::start:
      stretch.flops = pack.lanes.front().train ? costs_.least_flops(pack) : 0;
      break;
    case wire::Stage::train: {
      // A message can come after every step. The end of an epoch has extra work, so the timeout is at least two epochs.
      const double epochs = static_cast<double>(std::max<std::int64_t>(status.epochs, 1));
      const double steps = static_cast<double>(std::max<std::int64_t>(status.steps, 1));
      stretch.flops = status.train_share * pack.flops / epochs * std::max(1 / steps, 2 / Silence::factor);
      break;
    }
    case wire::Stage::evaluate: {
      const auto found = std::find_if(pack.evaluations.begin(), pack.evaluations.end(),
                                      [&](const study::Evaluation& entry) { return entry.id == status.evaluation; });
      if (found != pack.evaluations.end()) stretch.flops = costs_.evaluation_flops(pack, *found);
      break;
    }
  }
  return stretch;
}

int HangWatch::hangs_of(const study::Pack& pack) const {
  std::uint8_t most = 0;
  for (const study::Lane& lane : pack.lanes) most = std::max(most, hangs_[lane.trial]);
  return most;
}

std::vector<HangWatch::Doubtful> HangWatch::look(const std::vector<WorkerStatus>& workers, const PackOf& pack_of,
                                                 double now) {
  std::vector<Doubtful> doubtful;
  if (now < next_look_) return doubtful;
  const double away = now - std::exchange(next_look_, now + look_pause);
  if (away > absence) {
    for (Watched& watched : workers_) watched.heard += away;
    return doubtful;
  }
  for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
    Watched& watched = workers_[worker];
    const double silent = now - watched.heard;
    if (silent < Silence::floor || now < watched.next_ask) continue;
    const study::Pack* pack = pack_of(worker);
    if (pack == nullptr) continue;
    const double allowed = silence_.allowed(stretch_of(workers[worker], *pack), hangs_of(*pack));
    if (silent < allowed) continue;
    watched.next_ask = now + ask_pause;
    doubtful.push_back({worker, allowed});
  }
  return doubtful;
}

}  // namespace eigensweep::sweep
