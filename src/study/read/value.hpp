// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eigensweep/study/declare/option.hpp"
#include "node.hpp"

namespace eigensweep::study {

/// The value of "8/255", or nothing.
std::optional<double> fraction(const std::string& words);

/// The value of a leaf, checked against its declaration and in its type's one form (integers as integers, numbers as
/// double, never -0), so that equal values compare equal. Throws ConfigError.
Json read_value(const Node& node, const Option& option, const Source& source);

/// The values of {"sweep": ...}, checked one by one, in the user's order: a list, or {"linspace": [first, last,
/// count]},
/// {"logspace": [first, last, count]} (geometric), {"range": [start, stop, step]} (stop included if it is hit).
/// Computed fractions are rounded to 15 significant digits, to the decimal numbers that were meant: 0.3, not 3 * 0.1.
/// Throws ConfigError: empty, a value twice, a wrong count.
std::vector<Json> read_sweep(const Node& node, const Option& option, const Source& source);

}  // namespace eigensweep::study
