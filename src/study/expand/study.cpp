// SPDX-License-Identifier: MIT
#include "eigensweep/study/expand/study.hpp"

#include <algorithm>

#include "grid.hpp"

namespace eigensweep::study {
namespace {

std::size_t points_of(const std::vector<Evaluation>& evaluations) {
  std::size_t points = 0;
  for (const Evaluation& evaluation : evaluations) {
    if (evaluation.family == Family::attack) points += std::max<std::size_t>(1, evaluation.intensities.size());
  }
  return std::max<std::size_t>(1, points);
}

}  // namespace

const Grid& Study::grid(const Cell& cell) const { return *grids_.at(cell.grid); }

const Json& Study::coordinate(const Cell& cell, std::size_t axis) const {
  return grid(cell).coordinate(cell.place, axis);
}

Json Study::config(const Trial& trial) const {
  const Cell& cell = cells.at(trial.cell);
  return grid(cell).config(cell.place);
}

long long Study::seed(const Trial& trial) const {
  const Cell& cell = cells.at(trial.cell);
  return grid(cell).seed(cell.place);
}

std::size_t Study::recipe(const Trial& trial) const {
  const Cell& cell = cells.at(trial.cell);
  std::size_t before = 0;
  for (std::size_t i = 0; i < cell.grid; ++i) before += grids_[i]->recipes();
  return before + grid(cell).recipe(cell.place);
}

std::size_t Study::recipes() const {
  std::size_t sum = 0;
  for (const auto& grid : grids_) sum += grid->recipes();
  return sum;
}

const std::vector<Evaluation>& Study::evaluations(const Trial& trial) const {
  return evaluation_sets_.at(evaluation_set_of_.at(cells.at(trial.cell).trial));
}

const std::string& Study::procedure(const Trial& trial) const { return grid(cells.at(trial.cell)).procedure(); }

const DatasetInfo& Study::dataset(const Trial& trial) const {
  return datasets_.at(dataset_sections_[dataset_section(trial)].dump());
}

std::size_t Study::dataset_section(const Trial& trial) const {
  return dataset_section_of_.at(cells.at(trial.cell).trial);
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
