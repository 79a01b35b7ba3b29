// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

/// Per lane the first tensor that holds NaN or infinity, as "4.weight is not finite"; "" where all numbers are finite.
/// Reads every parameter and buffer once and waits for the device once.
std::vector<std::string> not_finite(Model& model);

/// Overwrites every lost lane (`lost` is not "") with the first lane that is not lost, so that its NaN and infinity
/// cannot reach computations that lanes share. Does nothing if all lanes are lost.
void replace_lost(Model& model, const std::vector<std::string>& lost);

}  // namespace eigensweep::models
