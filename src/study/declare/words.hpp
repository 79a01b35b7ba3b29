// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/study/declare/option.hpp"

namespace eigensweep::study {

/// A range in words: "between 0 and 1", "at least 1", "above 0", "" without bounds.
std::string range_words(const Range& range);
/// "an integer", "a list of numbers"
const char* type_words(Type type);

}  // namespace eigensweep::study
