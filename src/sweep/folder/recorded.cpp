// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/recorded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/study/declare/sections.hpp"

namespace eigensweep::sweep {
namespace {

constexpr std::array sections{"attacks", "metrics"};
constexpr std::array passed_over{"$schema", "name", "description"};

Json object_in(const std::filesystem::path& file) {
  try {
    Json json = Json::parse(file::read(file));
    if (json.is_object()) return json;
  } catch (const nlohmann::json::parse_error& error) {
    throw ConfigError(fmt::format("{}: is no JSON: {}", file.string(), error.what()));
  }
  throw ConfigError(fmt::format("{}: is no JSON object; write {{\"attacks\": {{...}}}}", file.string()));
}

/// A section of a study; of one without the section "metrics" the metrics that it then has.
Json asked_in(const Json& study, const std::string& section) {
  if (study.contains(section)) return study.at(section);
  Json all = Json::object();
  if (section != "metrics") return all;
  for (const std::string& metric : study::default_metrics()) all[metric] = Json::object();
  return all;
}

}  // namespace

Recorded recorded_in(const OutputPaths& paths) {
  Recorded recorded{paths.study(), {}};
  try {
    const Json status = Json::parse(file::read(paths.status()));
    if (const std::string file = status.value("study_file", ""); !file.empty()) recorded.study_file = file;
    if (status.contains("warnings")) recorded.warnings = status.at("warnings").get<std::vector<std::string>>();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): what was read until then counts
  }
  return recorded;
}

std::vector<std::string> no_longer_asked(const OutputPaths& paths, const Json& document) {
  std::vector<std::string> labels;
  Json before;
  try {
    before = object_in(paths.study());
  } catch (const Error&) {
    return labels;  // a new folder; or a copy that cannot be read, which is no reason to refuse the study
  }
  for (const char* section : sections) {
    const Json earlier = asked_in(before, section), now = asked_in(document, section);
    if (!earlier.is_object()) continue;
    for (const auto& [label, options] : earlier.items()) {
      if (!now.contains(label)) labels.push_back(fmt::format("{}/{}", section, label));
    }
  }
  return labels;
}

std::string study_with(const OutputPaths& paths, const std::filesystem::path& additions) {
  Json study = object_in(paths.study());
  const Json added = object_in(additions);
  for (const auto& [key, section] : added.items()) {
    if (std::find(passed_over.begin(), passed_over.end(), key) != passed_over.end()) continue;
    if (std::find(sections.begin(), sections.end(), key) == sections.end()) {
      throw ConfigError(fmt::format(
          "{}:/{}: cannot be changed, because the networks in {} are trained; leave it out: only 'attacks' and "
          "'metrics' are read here",
          additions.string(), key, paths.folder().string()));
    }
    if (!section.is_object()) throw ConfigError(fmt::format("{}:/{}: is no object", additions.string(), key));
    study[key] = asked_in(study, key);
    study[key].update(section);
  }
  return json_text(study);
}

}  // namespace eigensweep::sweep
