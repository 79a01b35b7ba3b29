// SPDX-License-Identifier: MIT
#include "evaluation_groups.hpp"

#include <map>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::results {

EvaluationGroups evaluation_groups(const ResultsFile& file) {
  std::map<std::string, std::string> families;  // by group
  for (const Json& evaluation : file.json_attribute("evaluations_json")) {
    families[evaluation.value("group", "")] = evaluation.value("family", "");
  }
  EvaluationGroups found;
  for (const std::string& group : file.groups()) {
    const auto family = families.find(group);
    if (family == families.end()) {
      found.procedures.push_back(group);
      continue;
    }
    const bool is_attack = family->second == study::family_name(study::Family::attack);
    (is_attack ? found.attacks : found.metrics).push_back(group);
  }
  return found;
}

}  // namespace eigensweep::results
