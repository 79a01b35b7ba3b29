// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/known.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "eigensweep/sweep/folder/checkpoints.hpp"

namespace eigensweep::sweep {
namespace {

/// The names of a folder's files. One listing is much faster than a stat(2) per trial, with a million models on a
/// network file system.
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
    return std::all_of(evaluation.intensities.begin(), evaluation.intensities.end(),
                       [&](double intensity) { return there->second.count(intensity) > 0; });
  });
}

/// The "dataset" section of each trial of a study.
class Sections {
 public:
  explicit Sections(const study::Study& study) {
    for (const Json& section : study.dataset_sections()) texts_.push_back(json_text(section));
    for (const study::Trial& trial : study.trials) {
      const std::size_t section = study.dataset_section(trial);
      if (!study.dataset_sections()[section].is_null()) by_trial_.emplace(trial.id, section);
    }
  }
  /// Null for a trial of another study, or one that reads no dataset.
  [[nodiscard]] const std::string* of(const std::string& trial) const {
    const auto found = by_trial_.find(trial);
    return found == by_trial_.end() ? nullptr : &texts_[found->second];
  }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::size_t> by_trial_;
};

void note_content(const wire::Record& record, const Sections& sections, MadeWith& made_with) {
  std::string hash;
  if (record.provenance.is_object() && record.provenance.contains("dataset_sha256")) {
    const Json& noted = record.provenance.at("dataset_sha256");
    if (noted.is_string()) hash = noted.get<std::string>();
  }
  if (!hash.empty()) made_with.hashes.insert(hash);
  const std::string* section = sections.of(record.trial);
  if (section == nullptr) return;
  if (hash.empty()) {
    ++made_with.without_a_hash;
  } else {
    made_with.by_section[*section].emplace(hash, record.trial);
  }
}

}  // namespace

Known read_known(const study::Study& study, const OutputPaths& paths) {
  Known known;
  std::set<std::string> failed;
  study::Done& done = known.done;
  std::optional<Sections> sections;  // none without a ledger
  known.report = wire::read_ledger(paths.ledger(), [&](wire::Record&& record) {
    if (record.status == wire::Status::failed) {
      failed.insert(record.trial);
      return;
    }
    if (!sections) sections.emplace(study);
    note_content(record, *sections, known.made_with);
    if (record.kind == wire::RecordKind::training) {
      failed.erase(record.trial);
      done.trained.insert(record.trial);
      // Evaluations of an earlier network of this trial do not count for this one.
      done.evaluated.erase(record.trial);
      if (record.status == wire::Status::diverged) done.hopeless.insert(record.trial);
      return;
    }
    done.evaluated[record.trial][record.evaluation].insert(record.intensities.begin(), record.intensities.end());
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
