// SPDX-License-Identifier: MIT
#include "eigensweep/constraints/constraint.hpp"

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

}  // namespace eigensweep::constraints
