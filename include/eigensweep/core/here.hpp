// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace eigensweep {

/// This machine's name, or "unknown".
std::string host_name();

/// Now, as ISO 8601 in UTC, e.g. "2026-01-31T23:59:59Z".
std::string utc_now();

}  // namespace eigensweep
