// SPDX-License-Identifier: MIT
#include "expansion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "compound.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/core/text.hpp"
#include "eigensweep/study/sections.hpp"
#include "identity.hpp"
#include "variants.hpp"

namespace eigensweep::study {
namespace {

// Beyond this, planning alone would fill a login node's memory.
constexpr double most_cells = 5e6;

// A leaf of an exclusion in the configuration that the odometer moves, or whether the case's name matched.
struct BoundLeaf {
  const Json* value;
  const std::vector<Json>* wanted;
};

struct BoundExclusion {
  Exclusion* exclusion;
  std::vector<BoundLeaf> leaves;
};

bool contains(const std::vector<Json>& values, const Json& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// The exclusions that can hold in this alternative at all.
std::vector<BoundExclusion> bind_exclusions(std::vector<Exclusion>& exclusions, const Template& alternative,
                                            const Json& config) {
  std::vector<BoundExclusion> bound;
  for (Exclusion& exclusion : exclusions) {
    BoundExclusion made{&exclusion, {}};
    bool can_hold = true;
    for (const Exclusion::Leaf& leaf : exclusion.leaves) {
      if (leaf.path.empty()) {
        can_hold = can_hold && contains(leaf.values, alternative.name);
      } else if (const Json::json_pointer path(leaf.path); config.contains(path)) {
        made.leaves.push_back({&config.at(path), &leaf.values});
      } else {
        can_hold = false;
      }
    }
    if (can_hold) bound.push_back(std::move(made));
  }
  return bound;
}

}  // namespace

void Expansion::run(const std::vector<Template>& templates, std::vector<Exclusion> exclusions) {
  make_axes(templates);
  double cells = 0;
  for (const Template& alternative : templates) cells += cell_count(alternative.sweeps, alternative.compounds);
  if (cells > most_cells) {
    source_.fail("", fmt::format("the grid has {:.3g} cells, more than 5,000,000; sweep fewer values", cells));
  }
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
  // One configuration that the odometer changes in place; the pointers below stay valid because nothing is inserted.
  Json config = alternative.config;
  std::vector<Json*> slots;
  for (const Sweep& sweep : alternative.sweeps) slots.push_back(&config.at(Json::json_pointer(sweep.path)));
  const Json name = alternative.name;
  std::vector<const Json*> coordinates;  // null: the case has no such leaf
  for (std::size_t axis = 0; axis < training_axes_; ++axis) {
    const std::string& pointer = study_.axes[axis].pointer;
    if (pointer == "/cases") {
      coordinates.push_back(&name);
    } else {
      const Json::json_pointer path(pointer);
      coordinates.push_back(config.contains(path) ? &config.at(path) : nullptr);
    }
  }
  const std::vector<BoundExclusion> bound = bind_exclusions(exclusions, alternative, config);
  const auto assign = [&slots](std::size_t sweep, const Json& value) { *slots[sweep] = value; };
  for_each_cell(alternative.sweeps, alternative.compounds, assign, [&] {
    for (const BoundExclusion& exclusion : bound) {
      const bool matches = std::all_of(exclusion.leaves.begin(), exclusion.leaves.end(),
                                       [](const BoundLeaf& leaf) { return contains(*leaf.wanted, *leaf.value); });
      if (matches) {
        ++exclusion.exclusion->removed;
        return;
      }
    }
    Cell cell;
    cell.coordinates.reserve(coordinates.size());
    for (std::size_t axis = 0; axis < coordinates.size(); ++axis) {
      cell.coordinates.push_back(coordinates[axis] == nullptr ? Json() : *coordinates[axis]);
    }
    cell.trial = trial_of(alternative, config, set, study_.cells.size());
    study_.cells.push_back(std::move(cell));
  });
  // A leaf that another case sweeps has one value here; the axis has it too.
  for (std::size_t axis = 0; axis < coordinates.size(); ++axis) {
    std::vector<Json>& values = study_.axes[axis].values;
    const Json::json_pointer path(study_.axes[axis].pointer);
    const bool is_swept = std::any_of(alternative.sweeps.begin(), alternative.sweeps.end(),
                                      [&](const Sweep& sweep) { return sweep.path == study_.axes[axis].pointer; });
    if (!is_swept && coordinates[axis] != nullptr && !contains(values, *coordinates[axis])) {
      values.push_back(*coordinates[axis]);
    }
  }
}

Json Expansion::effective(const Template& alternative, const Json& config) const {
  Json read = config;
  for (const Part& part : alternative.parts) {
    if (part.kind->family != Family::regularizer || !is_switched_off(*part.kind, config.at(part.path))) continue;
    read.at("regularizers").erase(part.path.back());
  }
  return read;
}

std::size_t Expansion::trial_of(const Template& alternative, const Json& config, std::size_t set, std::size_t cell) {
  const std::string digest = hash::sha256(canonical(trial_identity(config, catalog_)));
  const std::string id = digest.substr(0, 16);
  const auto [place, is_new] = trial_by_id_.emplace(id, study_.trials.size());
  const std::size_t trial = place->second;
  if (is_new) {
    check(alternative, config, set);
    study_.trials.push_back({id, cell});
    study_.configs_.push_back(effective(alternative, config));
    study_.evaluation_set_of_.push_back(set);
    identity_digests_.push_back(digest);
    return trial;
  }
  if (identity_digests_[trial] != digest) {
    source_.fail("",
                 fmt::format("two different trials share the id {} (a collision of hashes); change any option", id));
  }
  refuse_other_source(study_.configs_[trial].at("dataset"), config.at("dataset"));
  std::size_t& known = study_.evaluation_set_of_[trial];
  if (known != set) known = united(known, set);
  return trial;
}

void Expansion::refuse_other_source(const Json& known, const Json& dataset) const {
  for (const auto& [name, value] : dataset.items()) {
    if (value == known.at(name)) continue;
    source_.fail(
        "/dataset/" + name,
        fmt::format("{} and {} stand for one trial, because where data lies is no part of what a trial is; keep "
                    "one, or give different data each its 'label' (kinds 'idx_folder' and 'hdf5')",
                    known.at(name).dump(), value.dump()));
  }
}

void Expansion::check(const Template& alternative, const Json& config, std::size_t set) {
  if (data_ == Data::left) return;
  const Json read = effective(alternative, config);
  const auto refuse = [&](const std::string& pointer, const std::string& reason) {
    source_.fail(pointer, reason + cell_words(alternative, config));
  };
  const DatasetInfo& info = info_of(read.at("dataset"));
  if (const std::string reason = refuse_training(read.at("training"), info); !reason.empty()) {
    refuse("/training", reason);
  }
  const Kind& model = kind_of(catalog_, Family::model, read.at("model"));
  const SampleCounts samples{static_cast<std::int64_t>(read.at("training").at("batch_size").get<double>() *
                                                       adversary_work(read.at("training")).samples),
                             info.train_samples};
  for (const Part& part : alternative.parts) {
    if (!read.contains(part.path)) continue;
    const Json& options = read.at(part.path);
    if (part.kind->refuse) {
      if (const std::string reason = part.kind->refuse(options, read); !reason.empty()) refuse(part.pointer, reason);
    }
    if (part.kind->refuse_inputs) {
      if (const std::string reason = part.kind->refuse_inputs(options, info); !reason.empty()) {
        refuse(part.pointer, reason);
      }
    }
    if (part.kind->refuse_network) {
      const ModelShape shape = model.shape(read.at("model"), info);
      if (const std::string reason = part.kind->refuse_network(options, shape, samples); !reason.empty()) {
        refuse(part.pointer, reason);
      }
      if (const std::string words = part.kind->warn_network(options, shape, samples); !words.empty()) {
        warn(fmt::format("{}: {}", part.pointer, words));
      }
    }
    if (part.kind->warn) {
      if (const std::string words = part.kind->warn(options, read); !words.empty()) {
        warn(fmt::format("{}: {}", part.pointer, words));
      }
    }
  }
  for (const Evaluation& evaluation : study_.evaluation_sets_[set]) {
    const Kind* kind = catalog_.find(evaluation.family, evaluation.kind);
    // A variant's label "pgd[steps=40]" starts with the label in the file.
    const std::string label = evaluation.label.substr(0, evaluation.label.find('['));
    const std::string pointer = fmt::format("/{}/{}", family_section(evaluation.family), label);
    if (kind->refuse) {
      if (const std::string reason = kind->refuse(evaluation.options, read); !reason.empty()) refuse(pointer, reason);
    }
    if (kind->warn) {
      if (const std::string words = kind->warn(evaluation.options, read); !words.empty()) {
        warn(fmt::format("{}: {}", pointer, words));
      }
    }
  }
}

void Expansion::warn(const std::string& message) {
  if (warned_.insert(message).second) study_.warnings.push_back(message);
}

const DatasetInfo& Expansion::info_of(const Json& dataset) {
  const auto [place, is_new] = study_.datasets_.emplace(dataset.dump(), DatasetInfo{});
  if (is_new) place->second = dataset_info(catalog_, dataset);
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
