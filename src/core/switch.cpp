// SPDX-License-Identifier: MIT
#include "eigensweep/core/switch.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "eigensweep/core/error.hpp"

namespace eigensweep {

bool is_switched_on(const char* name, std::string_view meaning) {
  const char* variable = std::getenv(name);
  const std::string_view value = variable == nullptr ? "" : variable;
  if (value == "1") return true;
  if (value.empty() || value == "0") return false;
  throw ConfigError(fmt::format("{} is '{}'; give 1 {}, or 0 not to", name, value, meaning));
}

}  // namespace eigensweep
