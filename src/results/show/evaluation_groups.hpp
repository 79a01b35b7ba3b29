// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/results/read/reader.hpp"

namespace eigensweep::results {

/// The groups of a file that hold attacks, those that hold metrics, and the others, which hold what procedures record
/// ("history"). Each in the order of the file.
///
/// The list of evaluations says which is which. A group's name does not: it is a label of the user's.
struct EvaluationGroups {
  std::vector<std::string> attacks;
  std::vector<std::string> metrics;
  std::vector<std::string> procedures;
};

/// Throws DataError when the file has no list of evaluations.
EvaluationGroups evaluation_groups(const ResultsFile& file);

}  // namespace eigensweep::results
