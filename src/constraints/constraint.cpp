// SPDX-License-Identifier: MIT
#include "eigensweep/constraints/constraint.hpp"

#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::constraints {

#define EIGENSWEEP_KIND(name) std::unique_ptr<Constraint> make_##name(const std::vector<Json>& options);
#include "constraints.def"
#undef EIGENSWEEP_KIND

std::unique_ptr<Constraint> make_constraint(const std::vector<Json>& options) {
  const auto kind = options.front().at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return make_##name(options);
#include "constraints.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation("no constraint named '" + kind + "'");
}

std::vector<Labelled> begin_constraints(const std::vector<Json>& configs, models::Model& model) {
  std::vector<Labelled> all;
  if (configs.front().contains("constraints")) {
    for (const auto& [label, first] : configs.front().at("constraints").items()) {
      std::vector<Json> options;
      for (const Json& config : configs) options.push_back(config.at("constraints").at(label));
      all.push_back({label, make_constraint(options)});
    }
  }
  // Last: what another constraint does to a weight does not take it across 0 again.
  if (auto signs = make_signs(model)) all.push_back({"layer", std::move(signs)});
  for (const Labelled& one : all) one.constraint->begin(model);
  return all;
}

}  // namespace eigensweep::constraints
