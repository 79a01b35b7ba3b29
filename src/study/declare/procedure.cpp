// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/procedure.hpp"

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/closed_form.hpp"

namespace eigensweep::study {
namespace {

const Kind& named(const Catalog& catalog, std::string_view name) {
  const Kind* kind = catalog.find(Family::procedure, name);
  EIGENSWEEP_EXPECT(kind != nullptr);
  return *kind;
}

}  // namespace

const Kind& chosen_procedure(const Catalog& catalog, const Json& config) {
  if (!config.contains("procedure")) return named(catalog, usual_procedure);
  return kind_of(catalog, Family::procedure, config.at("procedure"));
}

const Kind& procedure_of(const Catalog& catalog, const Json& config) {
  const Kind& chosen = chosen_procedure(catalog, config);
  return chosen.name == usual_procedure && is_infinite(catalog, config) ? named(catalog, "closed_form") : chosen;
}

}  // namespace eigensweep::study
