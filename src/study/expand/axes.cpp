// SPDX-License-Identifier: MIT
// A study's axes over all of its cases, and their names.
#include <algorithm>
#include <map>
#include <set>

#include "expansion.hpp"

namespace eigensweep::study {
namespace {

// Dimensions and columns that every results file has; an axis of that name gets a longer one.
const std::set<std::string>& reserved_names() {
  static const std::set<std::string> names{"trial",   "trials", "epoch",   "layer",   "eigenvalue", "attack",
                                           "attacks", "metric", "metrics", "history", "status"};
  return names;
}

// "/regularizers/spectral/strength" with 2 parts: "spectral_strength".
std::string last_parts(const std::string& pointer, std::size_t count) {
  std::size_t start = pointer.size();
  for (std::size_t i = 0; i < count && start > 0; ++i) start = pointer.rfind('/', start - 1);
  std::string name = pointer.substr(start + 1);
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

void add_axis(const Sweep& sweep, std::vector<Axis>& axes) {
  auto known = std::find_if(axes.begin(), axes.end(), [&](const Axis& axis) { return axis.pointer == sweep.path; });
  if (known == axes.end()) known = axes.insert(axes.end(), Axis{"", sweep.path, sweep.role, {}});
  std::set<std::string> seen;  // another alternative, or a zipped sweep, may have a value again
  for (const Json& value : known->values) seen.insert(value.dump());
  for (const Json& value : sweep.values) {
    if (seen.insert(value.dump()).second) known->values.push_back(value);
  }
}

}  // namespace

void Expansion::make_axes(const std::vector<Template>& templates) {
  if (!templates.front().name.empty()) {
    Axis cases{"case", "/cases", Role::training, {}};
    for (const Template& alternative : templates) cases.values.emplace_back(alternative.name);
    study_.axes.push_back(std::move(cases));
  }
  for (const Template& alternative : templates) {
    for (const Sweep& sweep : alternative.sweeps) add_axis(sweep, study_.axes);
  }
  training_axes_ = study_.axes.size();
  std::vector<Axis> evaluation_axes;
  for (const Template& alternative : templates) {
    for (const EvaluationTemplate& evaluation : alternative.evaluations) {
      for (const Sweep& sweep : evaluation.sweeps) add_axis(sweep, evaluation_axes);
    }
  }
  study_.axes.insert(study_.axes.end(), evaluation_axes.begin(), evaluation_axes.end());
  name_axes();
}

void Expansion::name_axes() {
  // A training axis must not be mistaken for an attack's intensity (Adam's epsilon for the attack's).
  std::set<std::string> intensities;
  for (const Kind& kind : catalog_.all()) {
    if (!kind.intensity.empty()) intensities.insert(kind.intensity);
  }
  std::vector<std::size_t> parts(study_.axes.size(), 1);
  for (std::size_t i = 0; i < study_.axes.size(); ++i) {
    Axis& axis = study_.axes[i];
    if (axis.pointer == "/cases") continue;
    axis.name = last_parts(axis.pointer, 1);
    const bool is_taken = reserved_names().count(axis.name) > 0 || axis.name == "case" ||
                          (axis.role != Role::evaluation && intensities.count(axis.name) > 0);
    if (is_taken) axis.name = last_parts(axis.pointer, ++parts[i]);
  }
  for (bool changed = true; changed;) {
    changed = false;
    std::map<std::string, std::vector<std::size_t>> by_name;
    for (std::size_t i = 0; i < study_.axes.size(); ++i) by_name[study_.axes[i].name].push_back(i);
    for (const auto& [name, axes] : by_name) {
      if (axes.size() < 2) continue;
      for (const std::size_t i : axes) {
        std::string longer = last_parts(study_.axes[i].pointer, ++parts[i]);
        changed = changed || longer != study_.axes[i].name;
        study_.axes[i].name = std::move(longer);
      }
    }
  }
}

}  // namespace eigensweep::study
