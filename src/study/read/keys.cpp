// SPDX-License-Identifier: MIT
// The keys that may stand in a study file, and the kind of a section that names none.
#include <algorithm>

#include "eigensweep/study/declare/procedure.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "template.hpp"

namespace eigensweep::study {

std::string default_kind(const std::string& path) {
  static const std::map<std::string, std::string> fixed{{"/procedure", usual_procedure},
                                                        {"/dataset", "mnist"},
                                                        {"/model", "mlp"},
                                                        {"/training/optimizer", "adam"},
                                                        {"/training/schedule", "constant"}};
  if (const auto found = fixed.find(path); found != fixed.end()) return found->second;
  // The label names the kind.
  std::vector<std::string> labelled{"/attacks/", "/metrics/"};
  for (const ConfigSection& section : config_sections()) {
    if (section.form == ConfigSection::Form::labelled) labelled.push_back("/" + section.name + "/");
  }
  for (const std::string& prefix : labelled) {
    if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos) {
      return path.substr(prefix.size());
    }
  }
  return "";
}

const std::vector<std::string>& configuration_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> made{"seed", "procedure"};
    for (const ConfigSection& section : config_sections()) made.push_back(section.name);
    made.insert(made.end(), {"attacks", "metrics"});
    return made;
  }();
  return keys;
}

const std::vector<std::string>& study_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> made{"$schema", "name", "description"};
    made.insert(made.end(), configuration_keys().begin(), configuration_keys().end());
    made.insert(made.end(), {"output", "cases", "zip", "exclude"});
    return made;
  }();
  return keys;
}

}  // namespace eigensweep::study
