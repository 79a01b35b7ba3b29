// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace eigensweep {

/// This machine's name, or "unknown".
std::string host_name();

/// Now, as ISO 8601 in UTC, e.g. "2026-01-31T23:59:59Z".
std::string utc_now();

/// The most memory that this process has had in RAM so far, in bytes.
double peak_resident_bytes();

}  // namespace eigensweep
