// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/results/write/results_file.hpp"

namespace eigensweep::results {

/// Compares records with declarations and returns one line for each column of a kind that differs. A column that was
/// returned but not declared, or has another number of dimensions, is left out of the results file. A column that was
/// declared but not returned is missing there.
std::vector<std::string> column_warnings(const study::Study& study, const study::Catalog& catalog,
                                         const RecordStore& store);

}  // namespace eigensweep::results
