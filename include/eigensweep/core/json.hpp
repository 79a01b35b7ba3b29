// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

namespace eigensweep {

/// JSON that keeps the order of keys as the user wrote them: axes and labels appear in results in that order.
using Json = nlohmann::ordered_json;

}  // namespace eigensweep
