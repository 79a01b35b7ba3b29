// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace eigensweep {

/// What a control group allows: the group that holds this process, or one around it.
struct GroupLimit {
  double value = 0;   ///< cores, or bytes
  std::string file;   ///< where it is written
  std::string group;  ///< equal for all processes of this machine that share the limit
  double used = 0;    ///< bytes that cannot be reclaimed; 0 for cores
};

struct GroupLimits {
  std::vector<GroupLimit> cores;
  std::vector<GroupLimit> memory;
  /// Files that are there and could not be read, each a line; their limits are not known.
  std::vector<std::string> problems;
};

/// "/"; another folder where EIGENSWEEP_SYSTEM_ROOT says so, which only tests do: it holds a `proc` and a `sys`.
std::filesystem::path system_root();

/// The limits of this process's control groups (versions 1 and 2, both at once, nested, seen from inside a container
/// or a namespace) on cores (cpu.max; cpu.cfs_quota_us over cpu.cfs_period_us) and on memory (memory.max and
/// memory.high; memory.limit_in_bytes). Each list is empty where nothing limits. Never throws.
GroupLimits group_limits(const std::filesystem::path& root);

/// Bytes that this process may still take: what the machine has free (/proc/meminfo), or what its control groups
/// leave, if that is less. Nothing if neither is known.
std::optional<double> free_memory(const std::filesystem::path& root);

}  // namespace eigensweep
