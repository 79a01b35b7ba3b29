// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/known.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "eigensweep/sweep/checkpoints.hpp"

namespace eigensweep::sweep {
namespace {

/// One listing instead of a look for every trial: a folder of a million models on a network file system.
std::set<std::string> files_of(const std::filesystem::path& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.insert(entry->path().filename().string());
  }
  return names;
}

bool has_all(const study::Done& done, const std::string& trial, const std::vector<study::Evaluation>& evaluations) {
  if (done.hopeless.count(trial) > 0) return true;
  const auto found = done.evaluated.find(trial);
  return std::all_of(evaluations.begin(), evaluations.end(), [&](const study::Evaluation& evaluation) {
    if (found == done.evaluated.end()) return false;
    const auto there = found->second.find(evaluation.id);
    if (there == found->second.end()) return false;
    return std::all_of(evaluation.strengths.begin(), evaluation.strengths.end(),
                       [&](double strength) { return there->second.count(strength) > 0; });
  });
}

}  // namespace

Known read_known(const study::Study& study, const OutputPaths& paths) {
  Known known;
  std::set<std::string> failed;
  study::Done& done = known.done;
  known.report = wire::read_ledger(paths.ledger(), [&](wire::Record&& record) {
    if (record.status == wire::Status::failed) {
      failed.insert(record.trial);
      return;
    }
    if (record.kind == wire::RecordKind::training) {
      failed.erase(record.trial);
      done.trained.insert(record.trial);
      // Evaluations of an earlier network of this trial say nothing about this one.
      done.evaluated.erase(record.trial);
      if (record.status == wire::Status::diverged) done.hopeless.insert(record.trial);
      return;
    }
    done.evaluated[record.trial][record.evaluation].insert(record.strengths.begin(), record.strengths.end());
  });
  const std::set<std::string> models = files_of(paths.models());
  known.has_models = !models.empty();
  for (const std::string& trial : done.trained) {
    if (models.count(paths.model(trial).filename().string()) > 0) done.with_model.insert(trial);
  }
  for (const study::Trial& trial : study.trials) {
    const bool is_trained = done.trained.count(trial.id) > 0;
    if (is_trained && has_all(done, trial.id, study.evaluations(trial))) {
      ++known.finished;
      if (done.hopeless.count(trial.id) > 0) ++known.diverged;
    } else if (failed.count(trial.id) > 0) {
      ++known.failed;
    }
  }
  done.under_way = checkpointed_trials(paths.checkpoints());
  return known;
}

}  // namespace eigensweep::sweep
