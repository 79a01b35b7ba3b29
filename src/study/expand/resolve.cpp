// SPDX-License-Identifier: MIT
// The study written back with every default, itself a valid study file of the same cells.
#include <algorithm>
#include <utility>

#include "expansion.hpp"

namespace eigensweep::study {
namespace {

void fold(const std::vector<Sweep>& sweeps, Json& document) {
  for (const Sweep& sweep : sweeps) document[Json::json_pointer(sweep.path)] = Json{{"sweep", sweep.values}};
}

// Puts swept members behind the others and into the order of their axes, so that reading it again gives the same order
// of cells. Attacks and metrics keep their own order.
void order(Json& object, const std::string& path, const std::vector<std::string>& swept) {
  const auto rank = [&](const std::string& key) {
    const std::string inner = child(path, key);
    for (std::size_t i = 0; i < swept.size(); ++i) {
      if (swept[i] == inner || swept[i].rfind(inner + "/", 0) == 0) return i + 1;
    }
    return std::size_t{0};
  };
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  if (path != "/attacks" && path != "/metrics") {
    std::stable_sort(keys.begin(), keys.end(),
                     [&rank](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  }
  Json ordered = Json::object();
  for (const std::string& key : keys) {
    Json& value = object.at(key);
    if (value.is_object() && !value.contains("sweep")) order(value, child(path, key), swept);
    ordered[key] = std::move(value);
  }
  object = std::move(ordered);
}

Json configuration_of(const Template& alternative) {
  Json document = alternative.config;
  fold(alternative.sweeps, document);
  if (alternative.procedure->procedure.gives_networks) {
    // Present even when empty: a study without "metrics" would get the default ones.
    document["attacks"] = Json::object();
    document["metrics"] = Json::object();
  }
  for (const EvaluationTemplate& evaluation : alternative.evaluations) {
    Json section{{"kind", evaluation.kind->name}};
    for (const auto& [name, value] : evaluation.options.items()) section[name] = value;
    document[std::string(family_section(evaluation.kind->family))][evaluation.label] = std::move(section);
    fold(evaluation.sweeps, document);
  }
  std::vector<std::string> swept;
  for (const Sweep& sweep : alternative.sweeps) swept.push_back(sweep.path);
  for (const EvaluationTemplate& evaluation : alternative.evaluations) {
    for (const Sweep& sweep : evaluation.sweeps) swept.push_back(sweep.path);
  }
  order(document, "", swept);
  return document;
}

}  // namespace

void Expansion::resolve(const std::vector<Template>& templates, const Json& plain) {
  Json resolved{{"name", plain.at("name")}, {"description", plain.at("description")}};
  if (templates.front().name.empty()) {
    const Json configuration = configuration_of(templates.front());
    for (const auto& [key, value] : configuration.items()) resolved[key] = value;
  } else {
    resolved["cases"] = Json::array();
    for (const Template& alternative : templates) {
      Json made{{"name", alternative.name}};
      const Json configuration = configuration_of(alternative);
      for (const auto& [key, value] : configuration.items()) made[key] = value;
      resolved["cases"].push_back(std::move(made));
    }
  }
  for (const auto& [key, value] : plain.items()) resolved[key] = value;
  study_.resolved_ = std::move(resolved);
}

}  // namespace eigensweep::study
