// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep {

/// Every kind of every family's table (`src/*/*.def`): the declaration halves of the rooms' files, compiled without
/// Torch.
const study::Catalog& catalog();

}  // namespace eigensweep
