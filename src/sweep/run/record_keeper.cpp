// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/record_keeper.hpp"

#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/log.hpp"
#include "eigensweep/sweep/schedule/simulation.hpp"

namespace eigensweep::sweep {
namespace {

constexpr double full_disk_pause = 5;  // seconds between tries on a full disk

bool ends_its_trial(const wire::EncodedRecord& record) {
  return record.kind == wire::RecordKind::training && record.status == wire::Status::diverged;
}

}  // namespace

RecordKeeper::RecordKeeper(const std::vector<std::string>& trials, std::size_t workers, Tally before, Append append,
                           Now now)
    : ids_(trials),
      trials_(trials.size()),
      held_(workers),
      tally_(before),
      append_(std::move(append)),
      now_(std::move(now)) {
  for (std::size_t i = 0; i < trials.size(); ++i) index_.emplace(trials[i], i);
}

std::size_t RecordKeeper::trial_of(const std::string& id) const {
  const auto found = index_.find(id);
  if (found == index_.end()) throw DataError(fmt::format("trial '{}' was not asked for", id));
  return found->second;
}

void RecordKeeper::expect(std::size_t worker, const study::Pack& pack) {
  held_[worker].clear();
  for (const study::Lane& lane : pack.lanes) {
    // Records of a failed attempt may still be queued. The pack does not repeat them, and they count when saved.
    Trial& trial = trials_[lane.trial];
    trial.missing = (lane.train ? 1U : 0U) + pack.evaluations.size() + trial.unsaved;
  }
}

void RecordKeeper::keep(wire::EncodedRecord&& record) {
  ++trials_[index_.at(record.trial)].unsaved;
  unsaved_.push_back(std::move(record));
}

void RecordKeeper::hold(std::size_t worker, std::size_t trial, wire::EncodedRecord&& record) {
  held_[worker][trial].push_back(std::move(record));
}

void RecordKeeper::release(std::size_t worker, std::size_t trial) {
  const auto found = held_[worker].find(trial);
  if (found == held_[worker].end()) return;
  for (wire::EncodedRecord& record : found->second) keep(std::move(record));
  held_[worker].erase(found);
}

void RecordKeeper::mark_failed(Trial& trial) {
  if (std::exchange(trial.is_failed, true)) return;
  ++tally_.failed;
}

bool RecordKeeper::give_up(const GivenUp& given_up) {
  if (save_failed_) return false;
  mark_failed(trials_[given_up.trial]);
  trials_[given_up.trial].missing = 0;
  const std::string& id = ids_[given_up.trial];
  log::error("trial {} failed: {}", id, given_up.message);
  wire::Record record;
  record.trial = id;
  record.status = wire::Status::failed;
  record.message = given_up.message;
  if (!given_up.trained) {
    keep(wire::encoded(record));
    return true;
  }
  record.kind = wire::RecordKind::evaluation;
  for (const study::Evaluation& evaluation : given_up.evaluations) {
    record.evaluation = evaluation.id;
    record.intensities = evaluation.intensities;
    keep(wire::encoded(record));
  }
  return true;
}

void RecordKeeper::save() {
  const double before = now_();
  try {
    append_(unsaved_);
  } catch (const SystemError&) {
    save_failed_ = true;
    next_save_ = now_() + full_disk_pause;
    throw;
  }
  save_failed_ = false;
  const double after = now_();
  next_save_ = after + pause_after_append(after - before);
  has_saved_ = has_saved_ || has_unsaved();
  for (const wire::EncodedRecord& record : std::exchange(unsaved_, {})) count(record);
}

void RecordKeeper::count(const wire::EncodedRecord& record) {
  Trial& trial = trials_[index_.at(record.trial)];
  --trial.unsaved;
  if (trial.missing == 0) return;
  trial.missing = ends_its_trial(record) ? 0 : trial.missing - 1;
  if (record.status == wire::Status::failed) mark_failed(trial);
  if (trial.missing > 0) return;
  if (ends_its_trial(record)) {
    ++tally_.diverged;
    log::warn("trial {} diverged: {}", record.trial, record.message);
  }
  if (!trial.is_failed) ++tally_.done;
}

}  // namespace eigensweep::sweep
