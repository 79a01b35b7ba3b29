// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/by_hand.hpp"

#include <string>

#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::study {

Json resolved(const Options& options, const Json& chosen) {
  Json section = Json::object();
  if (chosen.contains("kind")) section["kind"] = chosen.at("kind");
  for (const Option& option : options.all()) {
    const auto found = chosen.find(option.name);
    const Json& value = found == chosen.end() ? option.default_value : *found;
    if (!value.is_null()) section[option.name] = value;
  }
  return section;
}

Json resolved_config(const Catalog& catalog, const Json& chosen) {
  const auto of_kind = [&](Family family, const Json& section) {
    return resolved(kind_of(catalog, family, section).options, section);
  };
  const Json training = chosen.value("training", Json::object());
  Json config = Json::object();
  if (chosen.contains("dataset")) config["dataset"] = of_kind(Family::dataset, chosen.at("dataset"));
  config["model"] = of_kind(Family::model, chosen.at("model"));
  config["training"] = resolved(options_of<Training>(), training);
  config["training"]["optimizer"] = of_kind(Family::optimizer, training.value("optimizer", Json{{"kind", "adam"}}));
  config["training"]["schedule"] = of_kind(Family::schedule, training.value("schedule", Json{{"kind", "constant"}}));
  config["regularizers"] = Json::object();
  for (const Family family : labelled_families()) {
    const std::string name(family_section(family));
    if (!chosen.contains(name)) continue;
    for (const auto& [label, section] : chosen.at(name).items()) config[name][label] = of_kind(family, section);
  }
  config["seed"] = chosen.contains("seed") ? chosen.at("seed") : Json(0);
  return config;
}

}  // namespace eigensweep::study
