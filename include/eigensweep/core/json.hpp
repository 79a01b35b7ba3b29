// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace eigensweep {

/// JSON that keeps the order of keys as the user wrote them: axes and labels appear in results in that order.
using Json = nlohmann::ordered_json;

/// JSON as text, for everything that is printed or stored. Infinity is "inf" or "-inf", as study files write it,
/// because JSON has no such number; NaN, which marks a missing number, becomes null. Bytes that are not UTF-8 become
/// U+FFFD. `indent`: blanks for each level; -1 writes one line.
std::string json_text(const Json& json, int indent = -1);

}  // namespace eigensweep
