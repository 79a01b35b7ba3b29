// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

/// Per lane the first tensor that holds NaN or infinity, as "4.weight is not finite"; "" where all numbers are finite.
/// Reads every parameter and buffer once and waits for the device once.
std::vector<std::string> not_finite(Model& model);

/// Makes every lane that is `lost` (not "") a copy of the first that is not, so that nothing of its numbers can reach
/// what lanes share. Does nothing where all are lost.
void replace_lost(Model& model, const std::vector<std::string>& lost);

}  // namespace eigensweep::models
