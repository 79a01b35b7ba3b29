// SPDX-License-Identifier: MIT
#include "provenance.hpp"

#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

namespace eigensweep::results {
namespace {

/// A record's key -> the file's key for the list of all values.
constexpr std::array<std::pair<const char*, const char*>, 10> gathered{{{"host", "hosts"},
                                                                        {"device", "devices"},
                                                                        {"torch", "torch_versions"},
                                                                        {"float32", "float32_products"},
                                                                        {"cpu_products", "cpu_products"},
                                                                        {"packs_for", "packs_for"},
                                                                        {"eigensweep", "eigensweep_versions"},
                                                                        {"git_revision", "git_revisions"},
                                                                        {"dataset_sha256", "dataset_sha256"},
                                                                        {"threads", "threads"}}};

class Gatherer {
 public:
  void add(const wire::Record* record) {
    if (record == nullptr || !record->provenance.is_object()) return;
    for (const auto& [key, plural] : gathered) {
      const auto found = record->provenance.find(key);
      if (found != record->provenance.end()) values_[plural].insert(*found);
    }
    // The lanes of a pack share one clock: each pack counts once.
    const std::string pack = record->provenance.value("pack", record->trial) + "/" + record->evaluation;
    if (record->provenance.contains("seconds") && packs_.insert(pack).second) {
      const double seconds = record->provenance.at("seconds").get<double>();
      (record->kind == wire::RecordKind::training ? training_ : evaluation_) += seconds;
    }
  }

  void write(Json& provenance) const {
    for (const auto& [plural, values] : values_) provenance[plural] = values;
    provenance["training_seconds"] = training_;
    provenance["evaluation_seconds"] = evaluation_;
  }

 private:
  std::map<std::string, std::set<Json>> values_;
  std::set<std::string> packs_;
  double training_ = 0;
  double evaluation_ = 0;
};

}  // namespace

Json gather_provenance(const study::Study& study, const RecordStore& store, const Json& given) {
  Gatherer gatherer;
  for (const study::Trial& trial : study.trials) {
    gatherer.add(store.training(trial.id));
    for (const study::Evaluation& evaluation : study.evaluations(trial))
      gatherer.add(store.evaluation(trial.id, evaluation.id));
  }
  Json provenance = given.is_object() ? given : Json::object();
  if (const char* job = std::getenv("SLURM_JOB_ID"); job != nullptr) provenance["slurm_job"] = job;
  gatherer.write(provenance);
  return provenance;
}

}  // namespace eigensweep::results
