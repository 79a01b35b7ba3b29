// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace eigensweep {

/// Facts of this build, compiled in once; printed by `eigensweep --version` and stored in every results file.
struct BuildInfo {
  std::string_view version;       ///< of eigensweep, "0.1.0"
  std::string_view git_revision;  ///< full hash, "unknown" outside a checkout
  bool git_dirty;                 ///< uncommitted changes when it was configured or built
  std::string_view compiler;      ///< "GNU 12.2.0"
  std::string_view build_type;    ///< "Release"
};
const BuildInfo& build_info();

}  // namespace eigensweep
