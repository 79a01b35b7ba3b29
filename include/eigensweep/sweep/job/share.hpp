// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "eigensweep/core/control_groups.hpp"
#include "eigensweep/sweep/job/communicator.hpp"

namespace eigensweep::sweep {

/// What a rank sees of its machine, told to the other ranks there.
struct Sight {
  std::vector<int> cpus;  ///< of its affinity mask; neighbours in the machine are neighbours here
  double memory = 0;      ///< bytes of the machine
  GroupLimits limits;
};

/// What of a machine is a rank's.
struct Share {
  /// CPUs that it has for itself; those of its whole mask where ranks have fewer CPUs than they are, or masks that
  /// overlap and differ (a launcher's choice, which stays).
  std::vector<int> cpus;
  std::size_t cores = 1;  ///< how many threads may be busy at once
  double memory = 0;      ///< bytes
  std::string cores_by;   ///< what decided, e.g. "2 by the control group's quota of 2.5 (...), 64 in the affinity mask"
  std::string memory_by;
  std::vector<std::string> problems;  ///< limits that could not be read
};

/// The CPUs in the order of the machine: package, core, thread of the core.
std::vector<int> in_machine_order(std::vector<int> cpus, const std::filesystem::path& root);

/// Looks at this process's affinity mask, machine and control groups. Never throws.
Sight look(const std::filesystem::path& root);

/// The share of rank `own` of the ranks of one machine. Ranks with equal masks divide their CPUs; a limit of a control
/// group is divided among the ranks in it; the machine's memory among all. The least decides.
Share share_of(const std::vector<Sight>& ranks, std::size_t own);

/// This rank's share. Every rank must call it, and nothing that can fail on one rank alone may come before.
Share take_share(const Communicator& communicator);

}  // namespace eigensweep::sweep
