// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eigensweep::text {

/// Seconds of a time span as people and SLURM write it: "3600", "90m", "1h30m", "45s", "2d", "30:00" (minutes:seconds),
/// "2:00:00", "1-12:00:00", "1-12" (days-hours). Nothing for any other text.
std::optional<double> parse_duration(std::string_view text);
/// Writes seconds as "2:00:00" or "1-12:00:00", in whole seconds, as sbatch reads them.
std::string clock_duration(double seconds);

}  // namespace eigensweep::text
