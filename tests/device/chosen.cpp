// SPDX-License-Identifier: MIT
#include "chosen.hpp"

#include <algorithm>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/by_hand.hpp"
#include "eigensweep/study/declare/procedure.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"

using namespace eigensweep;
using study::Option;

namespace chosen {
namespace {

constexpr const char* training = "training";

void add_section(const std::string& section, const std::string& kind, const study::Options& options, const Json& given,
                 Values& values) {
  values[{section, kind, ""}];
  const Json resolved = study::resolved(options, given);
  for (const Option& option : options.all()) {
    if (resolved.contains(option.name)) values[{section, kind, option.name}].insert(resolved.at(option.name).dump());
  }
}

void add_kind(study::Family family, const Json& section, Values& values) {
  const study::Kind& kind = study::kind_of(catalog(), family, section);
  add_section(std::string(study::family_section(family)), kind.name, kind.options, section, values);
}

const study::Options& options_of(const Place& place) {
  if (place.section == training) return study::options_of<study::Training>();
  for (const study::Kind& kind : catalog().all()) {
    if (study::family_section(kind.family) == place.section && kind.name == place.kind) return kind.options;
  }
  throw ContractViolation("no kind " + place.kind);
}

void add_places(const std::string& section, const std::string& kind, const study::Options& options,
                std::vector<Place>& places) {
  places.push_back({section, kind, ""});
  for (const Option& option : options.all()) {
    if (option.type != study::Type::text) places.push_back({section, kind, option.name});
  }
}

}  // namespace

void add(const study::Study& study, Values& values) {
  for (const study::Trial& trial : study.trials) {
    const Json config = study.config(trial);
    const study::Kind& procedure = study::procedure_of(catalog(), config);
    add_kind(study::Family::procedure, {{"kind", procedure.name}}, values);
    add_section(training, "", study::options_of<study::Training>(), config.at(training), values);
    study::for_each_kind(config, [&](study::Family family, const std::string&, const Json& section) {
      add_kind(family, section, values);
    });
    for (const study::Evaluation& evaluation : study.evaluations(trial)) {
      Json section = evaluation.options;
      section["kind"] = evaluation.kind;
      for (const double intensity : evaluation.intensities) {
        section[evaluation.intensity_name] = intensity;
        add_kind(evaluation.family, section, values);
      }
      if (evaluation.intensities.empty()) add_kind(evaluation.family, section, values);
    }
  }
}

std::vector<Place> places() {
  std::vector<Place> all;
  add_places(training, "", study::options_of<study::Training>(), all);
  for (const study::Kind& kind : catalog().all()) {
    // A procedure that gives no networks computes on the host, whatever the device.
    if (kind.family == study::Family::procedure && !kind.procedure.gives_networks) continue;
    add_places(std::string(study::family_section(kind.family)), kind.name, kind.options, all);
  }
  return all;
}

std::vector<std::string> missing(const Place& place, const Values& values) {
  const auto found = values.find(place);
  if (found == values.end()) return {"any"};
  if (place.option.empty()) return {};
  const std::set<std::string>& there = found->second;
  const Option& option = *options_of(place).find(place.option);
  std::vector<std::string> wanted = option.infinite ? std::vector<std::string>{R"("inf")"} : std::vector<std::string>();
  if (option.type == study::Type::boolean) wanted = {"true", "false"};
  for (const std::string& choice : option.choices) wanted.push_back(Json(choice).dump());
  std::erase_if(wanted, [&](const std::string& value) { return there.count(value) == 1; });
  const std::string usual = option.default_value.dump();
  if (std::all_of(there.begin(), there.end(), [&](const std::string& value) { return value == usual; })) {
    wanted.push_back("other than its default");
  }
  return wanted;
}

}  // namespace chosen
