// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/study/kind.hpp"

namespace eigensweep::study {

/// The options of the study file's sections that are no families of kinds.
Options training_options();  ///< "training" (beside "optimizer" and "schedule", which are kinds)
Options output_options();    ///< "output"

/// The columns of a training record: group "history" of the results file, dimension "epoch".
std::vector<Column> history_columns();

/// Raised whenever the same configuration would train a different network: part of every trial's identity, so that
/// results of different recipes never mix.
inline constexpr int recipe_version = 1;

}  // namespace eigensweep::study
