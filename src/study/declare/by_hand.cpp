// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/by_hand.hpp"

#include <string>

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/sections.hpp"
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
  Json config = Json::object();
  const bool trains = !chosen.contains("procedure");
  if (!trains) config["procedure"] = chosen.at("procedure");
  if (trains) EIGENSWEEP_EXPECT(chosen.contains("model"));
  for (const ConfigSection& section : config_sections()) {
    const bool is_always_there = section.name == "training" || section.name == "regularizers";
    if (chosen.contains(section.name) || (trains && is_always_there)) {
      config[section.name] = chosen.value(section.name, Json::object());
    }
  }
  if (config.contains("training")) {
    const Json given = config.at("training");
    Json& training = config["training"] = resolved(options_of<Training>(), given);
    training["optimizer"] = given.value("optimizer", Json{{"kind", "adam"}});
    training["schedule"] = given.value("schedule", Json{{"kind", "constant"}});
  }
  for_each_kind(config, [&catalog](Family family, const std::string&, Json& section) {
    section = resolved(kind_of(catalog, family, section).options, section);
  });
  config["seed"] = chosen.contains("seed") ? chosen.at("seed") : Json(0);
  return config;
}

}  // namespace eigensweep::study
