// SPDX-License-Identifier: MIT
#include <utility>

#include "eigensweep/results/write/results_file.hpp"

namespace eigensweep::results {

void RecordStore::add(wire::Record record) {
  const auto shared = std::make_shared<const wire::Record>(std::move(record));
  Trial& trial = trials_[shared->trial];
  const bool has_failed = shared->status == wire::Status::failed;
  if (shared->kind == wire::RecordKind::training) {
    if (has_failed && trial.training != nullptr && trial.training->status != wire::Status::failed) {
      trial.failure = {shared, 0};
      return;
    }
    // The trial was trained again because its network or its record was lost. Evaluations of the old network do not
    // hold for the new one.
    trial.evaluations.clear();
    trial.failure = {};
    trial.training = shared;
    return;
  }
  Evaluated& evaluated = trial.evaluations[shared->evaluation];
  const auto may_replace = [&](const std::shared_ptr<const wire::Record>& earlier) {
    return !has_failed || earlier == nullptr || earlier->status == wire::Status::failed;
  };
  if (may_replace(evaluated.newest)) evaluated.newest = shared;
  evaluated.failure = has_failed && shared->intensities.empty() ? RecordRow{shared, 0} : RecordRow{};
  for (std::size_t row = 0; row < shared->intensities.size(); ++row) {
    RecordRow& place = evaluated.intensities[shared->intensities[row]];
    if (may_replace(place.record)) place = {shared, row};
  }
}

const wire::Record* RecordStore::training(const std::string& trial) const {
  const auto found = trials_.find(trial);
  return found == trials_.end() ? nullptr : found->second.training.get();
}

const RecordStore::Trial* RecordStore::find(const std::string& trial) const {
  const auto found = trials_.find(trial);
  return found == trials_.end() ? nullptr : &found->second;
}

const wire::Record* RecordStore::evaluation(const std::string& trial, const std::string& evaluation) const {
  const Trial* known = find(trial);
  if (known == nullptr) return nullptr;
  const auto evaluated = known->evaluations.find(evaluation);
  return (evaluated == known->evaluations.end() ? known->failure.record : evaluated->second.newest).get();
}

const RecordRow* RecordStore::at_intensity(const std::string& trial, const std::string& evaluation,
                                           double intensity) const {
  const Trial* known = find(trial);
  if (known == nullptr) return nullptr;
  const RecordRow* failure = &known->failure;
  if (const auto evaluated = known->evaluations.find(evaluation); evaluated != known->evaluations.end()) {
    const auto place = evaluated->second.intensities.find(intensity);
    if (place != evaluated->second.intensities.end()) return &place->second;
    if (evaluated->second.failure.record != nullptr) failure = &evaluated->second.failure;
  }
  return failure->record == nullptr ? nullptr : failure;
}

}  // namespace eigensweep::results
