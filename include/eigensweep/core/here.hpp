// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace eigensweep {

/// This machine's name, or "unknown".
std::string host_name();

/// Now, as ISO 8601 in UTC, e.g. "2026-01-31T23:59:59Z".
std::string utc_now();
/// The seconds since a text of utc_now(), of any machine's clock: 0 if that is ahead. Nothing if it is no such text.
std::optional<double> seconds_since(const std::string& utc);

/// The CPUs that this process may run on, ascending.
std::vector<int> allowed_cpus();
/// "0-3,8"
std::string cpu_list(std::vector<int> cpus);

/// The peak resident memory of this process so far, in bytes.
double peak_resident_bytes();

}  // namespace eigensweep
