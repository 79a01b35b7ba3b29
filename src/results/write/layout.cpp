// SPDX-License-Identifier: MIT
#include "layout.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::results {

const std::vector<std::string> trial_variables{"trial_id",
                                               "status",
                                               "message",
                                               "train_seconds",
                                               "host",
                                               "device",
                                               "pack",
                                               "lane",
                                               "warnings",
                                               "model_sha256",
                                               "dataset_sha256",
                                               "provenance",
                                               "comparable_to_inf",
                                               "not_comparable_because",
                                               "alarms"};
const std::vector<std::string> group_variables{"status",  "message", "evaluation_seconds", "kind",
                                               "options", "rise",    "above_cheaper"};

namespace {

using study::Column;
using study::Evaluation;
using study::Family;

constexpr const char* usual_intensity = "epsilon";

void add_columns(std::vector<Column>& columns, const study::Kind& kind) {
  for (const Column& column : kind.columns) {
    const bool is_there =
        std::any_of(columns.begin(), columns.end(), [&](const Column& other) { return other.name == column.name; });
    if (!is_there) columns.push_back(column);
  }
}

const study::Kind& evaluation_kind(const study::Catalog& catalog, const Evaluation& evaluation) {
  const study::Kind* kind = catalog.find(evaluation.family, evaluation.kind);
  EIGENSWEEP_EXPECT(kind != nullptr);
  return *kind;
}

AttackGroup& group_of(std::vector<AttackGroup>& groups, const Evaluation& attack, const study::Kind& kind) {
  const std::string& intensity = attack.intensity_name;
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const AttackGroup& group) { return group.intensity == intensity; });
  if (found != groups.end()) return *found;
  AttackGroup group;
  const std::string suffix = intensity == usual_intensity ? "" : "_" + (intensity.empty() ? "plain" : intensity);
  group.group = "attacks" + suffix;
  group.attack_dimension = "attack" + suffix;
  group.intensity = intensity;
  if (const study::Option* option = kind.options.find(intensity); option != nullptr) group.unit = option->unit;
  return groups.emplace_back(std::move(group));
}

void add_attack(Layout& layout, const Evaluation& attack, const study::Kind& kind) {
  AttackGroup& group = group_of(layout.attacks, attack, kind);
  group.intensities.insert(group.intensities.end(), attack.intensities.begin(), attack.intensities.end());
  std::sort(group.intensities.begin(), group.intensities.end());
  group.intensities.erase(std::unique(group.intensities.begin(), group.intensities.end()), group.intensities.end());
  add_columns(group.columns, kind);
  if (std::find(group.labels.begin(), group.labels.end(), attack.label) != group.labels.end()) return;
  group.labels.push_back(attack.label);
  group.kinds.push_back(attack.kind);
  group.options.push_back(json_text(attack.options));
}

void add_metric(Layout& layout, const Evaluation& metric, const study::Kind& kind) {
  const auto found = std::find_if(layout.metrics.begin(), layout.metrics.end(),
                                  [&](const MetricGroup& group) { return group.label == metric.label; });
  if (found != layout.metrics.end()) return add_columns(found->columns, kind);
  layout.metrics.push_back({"", metric.label, metric.kind, json_text(metric.options), kind.columns});
}

void declare(std::map<std::string, std::size_t>& lengths, const std::vector<Column>& columns) {
  for (const Column& column : columns) {
    for (const std::string& dim : column.dims) lengths.emplace(dim, 0);
  }
}

/// The group of a procedure, made where it is the first of its kind.
const ProcedureGroup& procedure_group(Layout& layout, const study::Catalog& catalog, const std::string& name) {
  for (const ProcedureGroup& group : layout.procedures) {
    if (group.kind == name) return group;
  }
  const study::Kind* kind = catalog.find(Family::procedure, name);
  EIGENSWEEP_EXPECT(kind != nullptr);
  declare(layout.lengths, kind->columns);
  return layout.procedures.emplace_back(ProcedureGroup{kind->procedure.group, name, kind->columns});
}

/// Gives out names in the root group, each of them once.
class Names {
 public:
  explicit Names(std::set<std::string> taken) : taken_(std::move(taken)) {}
  std::string give(std::string name, const std::string& suffix) {
    std::replace(name.begin(), name.end(), '/', '_');
    while (!taken_.insert(name).second) name += suffix;
    return name;
  }

 private:
  std::set<std::string> taken_;
};

void give_names(Layout& layout, const study::Study& study) {
  std::set<std::string> taken(trial_variables.begin(), trial_variables.end());
  taken.insert({"trial", "history"});
  for (const auto& [dimension, length] : layout.lengths) taken.insert(dimension);
  for (const ProcedureGroup& group : layout.procedures) taken.insert(group.group);
  for (const AttackGroup& group : layout.attacks) taken.insert({group.group, group.attack_dimension, group.intensity});
  Names names(std::move(taken));
  for (const study::Axis& axis : study.axes) {
    if (axis.role != study::Role::evaluation) layout.coordinates.push_back(names.give(axis.name, "_axis"));
  }
  for (MetricGroup& metric : layout.metrics) metric.group = names.give(metric.label, "_metric");
}

/// Makes room for a record's columns; `has_intensities`: whether a dimension of intensities comes before the declared
/// ones.
void grow(std::map<std::string, std::size_t>& lengths, const std::vector<Column>& columns, const wire::Record* record,
          bool has_intensities) {
  for (const Column& column : columns) {
    const std::size_t leading = has_intensities && column.per_intensity ? 1 : 0;
    if (record == nullptr || !record->columns.contains(column.name)) continue;
    const std::vector<std::int64_t>& shape = record->columns.at(column.name).shape;
    if (shape.size() != leading + column.dims.size()) continue;
    for (std::size_t i = 0; i < column.dims.size(); ++i) {
      std::size_t& length = lengths[column.dims[i]];
      length = std::max(length, static_cast<std::size_t>(shape[leading + i]));
    }
  }
}

}  // namespace

const Evaluation* find_evaluation(const std::vector<Evaluation>& evaluations, Family family, const std::string& label) {
  const auto found = std::find_if(evaluations.begin(), evaluations.end(), [&](const Evaluation& evaluation) {
    return evaluation.family == family && evaluation.label == label;
  });
  return found == evaluations.end() ? nullptr : &*found;
}

Layout make_layout(const study::Study& study, const study::Catalog& catalog, const RecordStore& store) {
  Layout layout;
  std::set<const std::vector<Evaluation>*> seen;
  for (const study::Trial& trial : study.trials) {
    const std::vector<Evaluation>& evaluations = study.evaluations(trial);
    const bool is_new = seen.insert(&evaluations).second;
    grow(layout.lengths, procedure_group(layout, catalog, study.procedure(trial)).columns, store.training(trial.id),
         false);
    for (const Evaluation& evaluation : evaluations) {
      const study::Kind& kind = evaluation_kind(catalog, evaluation);
      const bool is_attack = evaluation.family == Family::attack;
      if (is_new) {
        declare(layout.lengths, kind.columns);
        if (is_attack) {
          add_attack(layout, evaluation, kind);
        } else {
          add_metric(layout, evaluation, kind);
        }
      }
      grow(layout.lengths, kind.columns, store.evaluation(trial.id, evaluation.id), is_attack);
    }
  }
  give_names(layout, study);
  return layout;
}

}  // namespace eigensweep::results
