// SPDX-License-Identifier: MIT
#include "older_records.hpp"

#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::results {

void OlderRecords::upgrade(wire::Record& record) {
  if (record.kind != wire::RecordKind::evaluation) return;
  for (const std::string split : {"train", "test", "validation"}) {
    const auto loss = record.columns.find(split + "_loss");
    const bool is_score = loss != record.columns.end() && record.columns.contains(split + "_accuracy");
    if (!is_score || record.columns.contains(split + "_cross_entropy")) continue;
    record.columns[split + "_cross_entropy"] = loss->second;
    if (!minimised_cross_entropy(record.trial)) record.columns.erase(loss);
  }
}

bool OlderRecords::minimised_cross_entropy(const std::string& trial) {
  if (trials_.empty()) {
    for (std::size_t i = 0; i < study_.trials.size(); ++i) trials_.emplace(study_.trials[i].id, i);
  }
  const auto found = trials_.find(trial);
  if (found == trials_.end()) return true;  // of a trial that the study no longer has
  const Json config = study_.config(study_.trials[found->second]);
  return study::read<study::Training>(config.at("training")).loss == study::Training::Loss::cross_entropy;
}

}  // namespace eigensweep::results
