// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/by_hand.hpp"

/// A kind's section with what a test chooses, and the declared defaults for the rest.
inline eigensweep::Json resolved(eigensweep::study::Family family, const std::string& kind,
                                 const eigensweep::Json& chosen = eigensweep::Json::object()) {
  const eigensweep::study::Kind* found = eigensweep::catalog().find(family, kind);
  EIGENSWEEP_EXPECT(found != nullptr);
  return eigensweep::study::resolved(found->options, chosen);
}

/// The same of a section that names its kind.
inline eigensweep::Json resolved(eigensweep::study::Family family, const eigensweep::Json& chosen) {
  return resolved(family, chosen.at("kind").get<std::string>(), chosen);
}

/// The same of a trial's whole configuration.
inline eigensweep::Json resolved_config(const eigensweep::Json& chosen) {
  return eigensweep::study::resolved_config(eigensweep::catalog(), chosen);
}

/// Whether a kind declares that it cannot run on networks of these sections of a study file.
inline bool is_refused(const eigensweep::study::Kind& kind, const std::string& model, const std::string& training) {
  using eigensweep::Json;
  if (!kind.refuse) return false;
  Json section{{"kind", "mlp"}};  // a study's default
  section.update(Json::parse(model));
  const Json config = resolved_config({{"model", section}, {"training", Json::parse(training)}});
  return !kind.refuse(resolved(kind.family, kind.name, Json::object()), config).empty();
}
