// SPDX-License-Identifier: MIT
#include <utility>

#include "eigensweep/results/write/results_file.hpp"

namespace eigensweep::results {

void RecordStore::add(wire::Record record) {
  const auto shared = std::make_shared<const wire::Record>(std::move(record));
  Trial& trial = trials_[shared->trial];
  if (shared->kind == wire::RecordKind::training) {
    // The trial was trained again because its network or its record was lost. Evaluations of the old network do not
    // hold for the new one.
    trial.evaluations.clear();
    trial.training = shared;
    return;
  }
  Evaluated& evaluated = trial.evaluations[shared->evaluation];
  evaluated.newest = shared;
  for (std::size_t row = 0; row < shared->intensities.size(); ++row)
    evaluated.intensities[shared->intensities[row]] = {shared, row};
}

const wire::Record* RecordStore::training(const std::string& trial) const {
  const auto found = trials_.find(trial);
  return found == trials_.end() ? nullptr : found->second.training.get();
}

const RecordStore::Evaluated* RecordStore::find(const std::string& trial, const std::string& evaluation) const {
  const auto found = trials_.find(trial);
  if (found == trials_.end()) return nullptr;
  const auto evaluated = found->second.evaluations.find(evaluation);
  return evaluated == found->second.evaluations.end() ? nullptr : &evaluated->second;
}

const wire::Record* RecordStore::evaluation(const std::string& trial, const std::string& evaluation) const {
  const Evaluated* evaluated = find(trial, evaluation);
  return evaluated == nullptr ? nullptr : evaluated->newest.get();
}

const RecordRow* RecordStore::at_intensity(const std::string& trial, const std::string& evaluation,
                                           double intensity) const {
  const Evaluated* evaluated = find(trial, evaluation);
  if (evaluated == nullptr) return nullptr;
  const auto place = evaluated->intensities.find(intensity);
  return place == evaluated->intensities.end() ? nullptr : &place->second;
}

}  // namespace eigensweep::results
