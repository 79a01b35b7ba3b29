// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/study/declare/sections.hpp"

namespace eigensweep::worker {

/// The declaration of a procedure whose outcome is networks. It reads every section of a configuration.
inline study::Kind declare_networks(std::string name, std::string meaning) {
  study::Kind kind;
  kind.family = study::Family::procedure;
  kind.name = std::move(name);
  kind.meaning = std::move(meaning);
  kind.columns = study::history_columns();
  for (const study::ConfigSection& section : study::config_sections()) {
    kind.procedure.sections.push_back(section.name);
  }
  kind.procedure.group = "history";
  kind.procedure.gives_networks = true;
  return kind;
}

}  // namespace eigensweep::worker
