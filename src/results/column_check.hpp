// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/results/results_file.hpp"

namespace eigensweep::results {

/// Where records and declarations disagree, one line for each column of a kind: what was returned and not declared, or
/// with another number of dimensions, is not in the results file; what was declared and not returned is missing there.
std::vector<std::string> column_warnings(const study::Study& study, const study::Catalog& catalog,
                                         const RecordStore& store);

}  // namespace eigensweep::results
