// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace eigensweep {

/// A limit that a control group sets: this process's own group, or one of its parents.
struct GroupLimit {
  double value = 0;   ///< cores, or bytes
  std::string file;   ///< where it is written
  std::string group;  ///< equal for all processes of this machine that share the limit
  double used = 0;    ///< bytes that cannot be reclaimed; 0 for cores
};

struct GroupLimits {
  std::vector<GroupLimit> cores;
  std::vector<GroupLimit> memory;
  /// One line for each file that exists but could not be read; its limit is unknown.
  std::vector<std::string> problems;
};

/// "/", or the folder that EIGENSWEEP_SYSTEM_ROOT names. Only tests set it; their folder holds a `proc` and a `sys`.
std::filesystem::path system_root();

/// The limits of this process's control groups on cores (cpu.max; cpu.cfs_quota_us over cpu.cfs_period_us) and on
/// memory (memory.max and memory.high; memory.limit_in_bytes). Reads versions 1 and 2, also both at once, nested
/// groups, and groups seen from inside a container or a namespace. A list is empty if there is no limit. Never throws.
GroupLimits group_limits(const std::filesystem::path& root);

/// Bytes of memory that this process may still take: the smaller of what the machine has free (/proc/meminfo) and what
/// the control groups leave. Nothing if neither is known.
std::optional<double> free_memory(const std::filesystem::path& root);

}  // namespace eigensweep
