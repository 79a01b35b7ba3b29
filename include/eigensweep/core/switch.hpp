// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace eigensweep {

/// Whether the environment variable `name` is 1; no if it is 0, empty or not there. Throws ConfigError for any other
/// value; `meaning` then says what 1 does, as in "to record training steps".
bool is_switched_on(const char* name, std::string_view meaning);

}  // namespace eigensweep
