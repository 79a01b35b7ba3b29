// SPDX-License-Identifier: MIT
#include "eigensweep/core/version.hpp"

#include <eigensweep_revision.hpp>

namespace eigensweep {

const BuildInfo& build_info() {
  static const BuildInfo info{EIGENSWEEP_VERSION, EIGENSWEEP_GIT_REVISION, EIGENSWEEP_GIT_DIRTY, EIGENSWEEP_COMPILER,
                              EIGENSWEEP_BUILD_TYPE};
  return info;
}

}  // namespace eigensweep
