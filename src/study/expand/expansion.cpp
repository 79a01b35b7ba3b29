// SPDX-License-Identifier: MIT
#include "expansion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "cell_exclude.hpp"
#include "compound.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/expand/identity.hpp"
#include "variants.hpp"

namespace eigensweep::study {
namespace {

// Beyond this, planning alone would fill a login node's memory.
constexpr double most_cells = 5e6;

}  // namespace

void Expansion::run(const std::vector<Template>& templates, std::vector<Exclusion> exclusions) {
  make_axes(templates);
  double cells = 0;
  for (const Template& alternative : templates) cells += cell_count(alternative.sweeps, alternative.compounds);
  if (cells > most_cells) {
    source_.fail("", fmt::format("the grid has {:.3g} cells, more than 5,000,000; sweep fewer values", cells));
  }
  study_.cells.reserve(static_cast<std::size_t>(cells));
  trial_by_id_.reserve(static_cast<std::size_t>(cells));
  for (const Template& alternative : templates) expand(alternative, exclusions);
  if (study_.cells.empty()) source_.fail("/exclude", "every cell is excluded; nothing is left to train");
  for (const Exclusion& exclusion : exclusions) {
    if (exclusion.removed == 0) warn(fmt::format("{}: no cell matches, so nothing is excluded", exclusion.pointer));
  }
}

void Expansion::expand(const Template& alternative, std::vector<Exclusion>& exclusions) {
  const std::vector<Evaluation> evaluations = make_evaluations(alternative, source_);
  check_labels(alternative, evaluations);
  const std::size_t set = evaluation_set(evaluations);
  const auto number = static_cast<std::uint32_t>(study_.grids_.size());
  study_.grids_.push_back(std::make_shared<Grid>(alternative, study_.axes));
  const Grid& grid = *study_.grids_.back();
  CellExclusions excluded(exclusions, alternative, grid);
  Unfolding unfolding(alternative, grid, catalog_, evaluations);
  sources_.emplace_back(grid);
  for (std::size_t place = 0; place < grid.size(); ++place, grid.advance(unfolding.at)) {
    if (excluded.remove(unfolding.at)) continue;
    unfolding.place = place;
    const Cell cell{number, static_cast<std::uint32_t>(place), 0};
    study_.cells.push_back(cell);
    study_.cells.back().trial = trial_of(unfolding, set);
  }
  complete_axes(grid);
}

// A leaf that another case sweeps has one value here, which the axis must hold too.
void Expansion::complete_axes(const Grid& grid) {
  for (std::size_t axis = 0; axis < training_axes_; ++axis) {
    std::vector<Json>& values = study_.axes[axis].values;
    if (grid.leaf(study_.axes[axis].pointer) != nullptr || !grid.has_coordinate(axis)) continue;
    const Json& value = grid.coordinate(0, axis);
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
}

std::uint32_t Expansion::trial_of(Unfolding& unfolding, std::size_t set) {
  const hash::Digest digest = hash::sha256_digest(unfolding.identity.text(unfolding.at));
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < id_bytes; ++i) key = key << 8U | digest[i];
  const auto [place, is_new] = trial_by_id_.emplace(key, static_cast<std::uint32_t>(study_.trials.size()));
  const std::uint32_t trial = place->second;
  if (is_new) {
    check_once(unfolding, true);
    study_.trials.push_back({hash::hexadecimal(digest, id_bytes), study_.cells.size() - 1});
    study_.evaluation_set_of_.push_back(static_cast<std::uint32_t>(set));
    study_.dataset_section_of_.push_back(source_of(study_.cells.back()));
    identity_digests_.push_back(digest);
    return trial;
  }
  if (identity_digests_[trial] != digest) {
    source_.fail("", fmt::format("two different trials share the id {} (a collision of hashes); change any option",
                                 study_.trials[trial].id));
  }
  refuse_other_source(study_.cells[study_.trials[trial].cell], study_.cells.back());
  std::uint32_t& known = study_.evaluation_set_of_[trial];
  if (known == set) return trial;
  const auto all = static_cast<std::uint32_t>(united(known, set));
  // The trial's earlier evaluations have already been checked with its configuration.
  if (all != known) check_once(unfolding, false);
  known = all;
  return trial;
}

void Expansion::check_once(Unfolding& unfolding, bool is_new) {
  const std::size_t recipe = unfolding.grid.recipe(unfolding.place);
  if (data_ == Data::left || (is_new ? unfolding.is_checked : unfolding.is_asked)[recipe]) return;
  if (is_new) unfolding.is_checked[recipe] = true;
  unfolding.is_asked[recipe] = true;
  for (const Grid::Leaf& leaf : unfolding.grid.leaves()) {
    unfolding.config.at(leaf.pointer) = leaf.values[unfolding.at[leaf.digit]];
  }
  // The configuration that training reads: a copy only if a penalty is left out.
  std::optional<Json> reduced;
  for (const Grid::Switch& penalty : unfolding.grid.switches()) {
    if (!penalty.off(unfolding.at)) continue;
    if (!reduced) reduced = unfolding.config;
    reduced->at("regularizers").erase(penalty.label);
  }
  const Json& read = reduced ? *reduced : unfolding.config;
  if (is_new) check_procedure(unfolding.alternative, unfolding.config, read);
  check_evaluations(unfolding.alternative, unfolding.config, read, unfolding.evaluations);
}

void Expansion::refuse_other_source(const Cell& known, const Cell& cell) {
  if (source_of(known) == source_of(cell)) return;
  const Json first = study_.grid(known).config(known.place).at("dataset");
  const Json second = study_.grid(cell).config(cell.place).at("dataset");
  for (const auto& [name, value] : second.items()) {
    if (value == first.at(name)) continue;
    source_.fail(
        "/dataset/" + name,
        fmt::format("{} and {} stand for one trial, because where data lies is no part of what a trial is; keep "
                    "one, or give different data each its 'label' (kinds 'idx_folder' and 'hdf5')",
                    first.at(name).dump(), value.dump()));
  }
}

std::uint32_t Expansion::source_of(const Cell& cell) {
  Sources& sources = sources_[cell.grid];
  const Grid& grid = *study_.grids_[cell.grid];
  std::optional<std::uint32_t>& number = sources.numbers[sources.by_dataset.number(grid.digits_of(cell.place))];
  if (!number) {
    const Json config = grid.config(cell.place);
    Json section = config.contains("dataset") ? config.at("dataset") : Json();
    const auto next = static_cast<std::uint32_t>(source_numbers_.size());
    const auto [place, is_new] = source_numbers_.emplace(section.dump(), next);
    if (is_new) study_.dataset_sections_.push_back(std::move(section));
    number = place->second;
  }
  return *number;
}

void Expansion::warn(const std::string& message) {
  if (warned_.insert(message).second) study_.warnings.push_back(message);
}

const DatasetInfo& Expansion::info_of(const Json& dataset) {
  // Comparing with the previous cell's section is much cheaper than writing it as text.
  if (last_info_ != nullptr && dataset == last_dataset_) return *last_info_;
  const auto [place, is_new] = study_.datasets_.emplace(dataset.dump(), DatasetInfo{});
  if (is_new) place->second = dataset_info(catalog_, dataset);
  last_dataset_ = dataset;
  last_info_ = &place->second;
  return place->second;
}

std::string Expansion::cell_words(const Template& alternative, const Json& config) const {
  std::string coordinates;
  for (const Axis& axis : study_.axes) {
    if (axis.role == Role::evaluation) continue;
    const bool is_case = axis.pointer == "/cases";
    const Json::json_pointer path(axis.pointer);
    if (!is_case && !config.contains(path)) continue;
    coordinates += fmt::format("{}{}={}", coordinates.empty() ? "" : ", ", axis.name,
                               is_case ? alternative.name : value_text(config.at(path)));
  }
  return coordinates.empty() ? "" : fmt::format(" (in the cell {})", coordinates);
}

}  // namespace eigensweep::study
