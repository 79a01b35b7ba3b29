// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/core/json.hpp"
#include "eigensweep/results/read/reader.hpp"

namespace eigensweep::results {

/// The alarms of a file: a list with an entry for each variable that holds a number above its attribute `alarm_above`.
/// An entry has "variable", "above", "says", "rows" (how many cells), "largest", and "attacks" (labels) where the
/// variable has a number for each attack.
Json alarms_of(const ResultsFile& file);

/// Those in lines for people; "" without any.
std::string alarm_lines(const Json& alarms, std::size_t rows);

}  // namespace eigensweep::results
