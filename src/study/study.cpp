// SPDX-License-Identifier: MIT
#include "eigensweep/study/study.hpp"

#include <algorithm>
#include <set>

namespace eigensweep::study {
namespace {

std::size_t points_of(const std::vector<Evaluation>& evaluations) {
  std::size_t points = 0;
  for (const Evaluation& evaluation : evaluations) {
    if (evaluation.family == Family::attack) points += std::max<std::size_t>(1, evaluation.strengths.size());
  }
  return std::max<std::size_t>(1, points);
}

}  // namespace

const Json& Study::config(const Trial& trial) const { return configs_.at(cells.at(trial.cell).trial); }

const std::vector<Evaluation>& Study::evaluations(const Trial& trial) const {
  return evaluation_sets_.at(evaluation_set_of_.at(cells.at(trial.cell).trial));
}

const DatasetInfo& Study::dataset(const Trial& trial) const { return datasets_.at(config(trial).at("dataset").dump()); }

std::vector<Json> Study::dataset_sections() const {
  std::vector<Json> sections;
  std::set<std::string> seen;
  const Json* last = nullptr;
  for (const Trial& trial : trials) {
    const Json& section = config(trial).at("dataset");
    // Neighbours mostly share it; to compare is much cheaper than to write down.
    if (last != nullptr && *last == section) continue;
    last = &section;
    if (seen.insert(section.dump()).second) sections.push_back(section);
  }
  return sections;
}

std::size_t Study::points() const {
  std::vector<std::size_t> per_set;
  for (const std::vector<Evaluation>& set : evaluation_sets_) per_set.push_back(points_of(set));
  std::size_t sum = 0;
  for (const Cell& cell : cells) sum += per_set[evaluation_set_of_[cell.trial]];
  return sum;
}

Json Study::resolved() const { return resolved_; }

}  // namespace eigensweep::study
