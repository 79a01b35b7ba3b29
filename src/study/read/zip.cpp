// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "eigensweep/core/text.hpp"
#include "template.hpp"

namespace eigensweep::study {
namespace {

std::string pointer_of(const Node& node, const Source& source) {
  if (node.shape != Node::Shape::scalar || !node.scalar.is_string()) {
    source.fail(node.pointer, fmt::format("{} is not a JSON pointer such as \"/model/width\"", words(node)));
  }
  return node.scalar.get<std::string>();
}

// Every list of sweeps of a template: the training axes, and each attack's or metric's own.
std::vector<std::pair<const std::vector<Sweep>*, std::vector<Compound>*>> sweep_lists(Template& alternative) {
  std::vector<std::pair<const std::vector<Sweep>*, std::vector<Compound>*>> lists;
  lists.emplace_back(&alternative.sweeps, &alternative.compounds);
  for (EvaluationTemplate& evaluation : alternative.evaluations) {
    lists.emplace_back(&evaluation.sweeps, &evaluation.compounds);
  }
  return lists;
}

// Swept leaves by path; true if it is an attack's intensity, which is no variant.
std::map<std::string, bool> swept_paths(const std::vector<Template>& templates) {
  std::map<std::string, bool> paths;
  for (const Template& alternative : templates) {
    for (const Sweep& sweep : alternative.sweeps) paths[sweep.path] = false;
    for (const EvaluationTemplate& evaluation : alternative.evaluations) {
      for (const Sweep& sweep : evaluation.sweeps) paths[sweep.path] = sweep.option->name == evaluation.kind->intensity;
    }
  }
  return paths;
}

std::vector<std::string> read_group(const Node& group, const std::map<std::string, bool>& swept,
                                    std::set<std::string>& taken, const Source& source) {
  if (!group.is_list() || group.elements.size() < 2) {
    source.fail(group.pointer, "a group of 'zip' is a list of at least two JSON pointers to swept options");
  }
  std::vector<std::string> paths;
  for (const Node& element : group.elements) {
    const std::string path = pointer_of(element, source);
    const auto found = swept.find(path);
    if (found == swept.end()) {
      std::vector<std::string> known;
      for (const auto& [name, is_intensity] : swept) known.push_back(name);
      source.fail(element.pointer, fmt::format("'{}' is not swept{}", path, text::suggestion(path, known)));
    }
    if (found->second) {
      source.fail(element.pointer, fmt::format("'{}' is an attack's intensity (all its values are run on each trained "
                                               "network); it cannot be zipped",
                                               path));
    }
    if (!taken.insert(path).second) source.fail(element.pointer, fmt::format("'{}' is zipped twice", path));
    paths.push_back(path);
  }
  return paths;
}

// The compound of `paths` in one list of sweeps; empty if none of them is swept there.
Compound find_compound(const std::vector<std::string>& paths, const std::vector<Sweep>& sweeps, const Node& group,
                       const std::string& case_name, const Source& source) {
  Compound compound;
  std::string missing;
  for (const std::string& path : paths) {
    const auto found = std::find_if(sweeps.begin(), sweeps.end(), [&path](const Sweep& s) { return s.path == path; });
    if (found == sweeps.end()) {
      missing = path;
    } else {
      compound.push_back(static_cast<std::size_t>(found - sweeps.begin()));
    }
  }
  if (compound.empty()) return compound;
  const Sweep& first = sweeps[compound.front()];
  if (!missing.empty()) {
    source.fail(group.pointer,
                fmt::format("'{}' is swept{} without '{}' beside it; zipped options are swept together, "
                            "both for training or both in one attack",
                            first.path, case_name.empty() ? "" : " in case '" + case_name + "'", missing));
  }
  for (const std::size_t index : compound) {
    if (sweeps[index].values.size() != first.values.size()) {
      source.fail(group.pointer,
                  fmt::format("'{}' has {} values and '{}' has {}; zipped options need as many", first.path,
                              first.values.size(), sweeps[index].path, sweeps[index].values.size()));
    }
  }
  return compound;
}

// A value twice, or of zipped sweeps all values twice in the same places, would be one cell twice.
void refuse_repeats(const std::vector<Sweep>& sweeps, const Compound& compound, const Source& source) {
  const Sweep& first = sweeps[compound.front()];
  std::unordered_set<std::string> seen;
  for (std::size_t place = 0; place < first.values.size(); ++place) {
    std::string setting;
    std::string said;
    for (const std::size_t index : compound) {
      const Json& value = sweeps[index].values[place];
      setting += value.dump() + '\n';
      said += (said.empty() ? "" : ", ") + words(value);
    }
    if (seen.insert(std::move(setting)).second) continue;
    const std::string pointer = first.pointer + "/sweep" + (first.is_listed ? fmt::format("/{}", place) : "");
    source.fail(pointer, compound.size() == 1
                             ? fmt::format("the value {} stands twice; keep one", said)
                             : fmt::format("the zipped values {} stand together twice; keep them once", said));
  }
}

// Adds what is not zipped, each alone, and sorts by the place of the first member.
void complete(const std::vector<Sweep>& sweeps, const std::string& intensity, std::vector<Compound>& compounds,
              const Source& source) {
  for (const Compound& compound : compounds) refuse_repeats(sweeps, compound, source);
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    const bool is_intensity = !intensity.empty() && sweeps[i].option->name == intensity;
    if (is_intensity) {
      refuse_repeats(sweeps, {i}, source);
      continue;
    }
    const bool is_zipped = std::any_of(compounds.begin(), compounds.end(), [i](const Compound& compound) {
      return std::find(compound.begin(), compound.end(), i) != compound.end();
    });
    if (is_zipped) continue;
    refuse_repeats(sweeps, {i}, source);
    compounds.push_back({i});
  }
  std::sort(compounds.begin(), compounds.end(), [](const Compound& a, const Compound& b) {
    return *std::min_element(a.begin(), a.end()) < *std::min_element(b.begin(), b.end());
  });
}

}  // namespace

void read_zip(const Node* zip, std::vector<Template>& templates, const Source& source) {
  if (zip != nullptr) {
    if (!zip->is_list())
      source.fail(zip->pointer, fmt::format("{} stands where a list of groups belongs", words(*zip)));
    const std::map<std::string, bool> swept = swept_paths(templates);
    std::set<std::string> taken;
    for (const Node& group : zip->elements) {
      const std::vector<std::string> paths = read_group(group, swept, taken, source);
      for (Template& alternative : templates) {
        for (const auto& [sweeps, compounds] : sweep_lists(alternative)) {
          Compound compound = find_compound(paths, *sweeps, group, alternative.name, source);
          if (!compound.empty()) compounds->push_back(std::move(compound));
        }
      }
    }
  }
  for (Template& alternative : templates) {
    complete(alternative.sweeps, "", alternative.compounds, source);
    for (EvaluationTemplate& evaluation : alternative.evaluations) {
      complete(evaluation.sweeps, evaluation.kind->intensity, evaluation.compounds, source);
    }
  }
}

}  // namespace eigensweep::study
