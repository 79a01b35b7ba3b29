// SPDX-License-Identifier: MIT
#include "eigensweep/study/expand/identity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"

namespace eigensweep::study {
namespace {

void write_canonical(const Json& value, std::string& text) {
  if (value.is_object()) {
    std::vector<Json::const_iterator> members;
    for (auto member = value.begin(); member != value.end(); ++member) members.push_back(member);
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.key() < b.key(); });
    text += '{';
    for (const auto& member : members) {
      if (text.back() != '{') text += ',';
      text += Json(member.key()).dump();
      text += ':';
      write_canonical(member.value(), text);
    }
    text += '}';
  } else if (value.is_array()) {
    text += '[';
    for (const Json& element : value) {
      if (text.back() != '[') text += ',';
      write_canonical(element, text);
    }
    text += ']';
  } else if (value.is_number_float()) {
    text += fmt::format("{}", value.get<double>());
  } else {
    text += value.dump();
  }
}

void add_options(const Options& options, const Json& given, const std::string& without, Json& identity) {
  for (const Option& option : options.all()) {
    if (!option.identity || option.name == without) continue;
    const Json& value = given.at(option.name);
    if (value != option.default_value) identity[option.name] = value;
  }
}

Json section_identity(const Catalog& catalog, Family family, const Json& section) {
  const Kind& kind = kind_of(catalog, family, section);
  Json identity{{"kind", kind.name}};
  add_options(kind.options, section, "", identity);
  return identity;
}

// Labels and order of penalties change no gradient, so penalties are sorted by their own text; constraints as well.
Json list_identity(const Catalog& catalog, Family family, const Json& sections) {
  std::vector<std::pair<std::string, Json>> members;
  for (const auto& [label, section] : sections.items()) {
    if (is_switched_off(kind_of(catalog, family, section), section)) continue;
    Json identity = section_identity(catalog, family, section);
    members.emplace_back(canonical(identity), std::move(identity));
  }
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json list = Json::array();
  for (auto& [text, identity] : members) list.push_back(std::move(identity));
  return list;
}

Json training_identity(const Catalog& catalog, const Json& training) {
  Json identity = Json::object();
  add_options(options_of<Training>(), training, "", identity);
  identity["optimizer"] = section_identity(catalog, Family::optimizer, training.at("optimizer"));
  identity["schedule"] = section_identity(catalog, Family::schedule, training.at("schedule"));
  return identity;
}

}  // namespace

std::string canonical(const Json& value) {
  std::string text;
  write_canonical(value, text);
  return text;
}

std::string dataset_identity(const Catalog& catalog, const Json& dataset) {
  return canonical(section_identity(catalog, Family::dataset, dataset));
}

Json trial_identity(const Json& config, const Catalog& catalog) {
  Json identity{{"recipe_version", recipe_version}, {"seed", config.at("seed")}};
  // What a configuration need not have is no member: trials without it keep the ids of versions that knew no such
  // thing.
  if (config.contains("procedure")) {
    identity["procedure"] = section_identity(catalog, Family::procedure, config.at("procedure"));
  }
  for (const ConfigSection& section : config_sections()) {
    if (!config.contains(section.name)) continue;
    const Json& content = config.at(section.name);
    switch (section.form) {
      case ConfigSection::Form::kind:
        identity[section.name] = section_identity(catalog, section.family, content);
        break;
      case ConfigSection::Form::labelled:
        identity[section.name] = list_identity(catalog, section.family, content);
        break;
      case ConfigSection::Form::training:
        identity[section.name] = training_identity(catalog, content);
        break;
    }
  }
  return identity;
}

std::string id_of(const Json& identity) {
  return hash::hexadecimal(hash::sha256_digest(canonical(identity)), id_bytes);
}

std::string evaluation_id(const Kind& kind, const Json& options, const std::vector<double>& intensities) {
  Json identity{{"family", family_name(kind.family)}, {"kind", kind.name}};
  Json chosen = Json::object();
  add_options(kind.options, options, kind.intensity, chosen);
  identity["options"] = std::move(chosen);
  if (!kind.intensity.empty() && !kind.intensities_are_independent) identity["strengths"] = intensities;
  return id_of(identity);
}

}  // namespace eigensweep::study
