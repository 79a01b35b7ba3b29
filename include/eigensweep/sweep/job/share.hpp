// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "eigensweep/core/control_groups.hpp"
#include "eigensweep/sweep/job/communicator.hpp"

namespace eigensweep::sweep {

/// What a rank sees of its machine. The ranks of a machine exchange it.
struct Sight {
  std::vector<int> cpus;  ///< of its affinity mask, in the order of in_machine_order()
  double memory = 0;      ///< bytes of the machine
  GroupLimits limits;
};

/// A rank's share of its machine.
struct Share {
  /// Its own CPUs, or its whole mask in two cases: there are more ranks than CPUs, or masks overlap without being
  /// equal, which is the launcher's choice.
  std::vector<int> cpus;
  std::size_t cores = 1;  ///< how many threads may run at the same time
  double memory = 0;      ///< bytes
  std::string cores_by;   ///< what decided, e.g. "2 by the control group's quota of 2.5 (...), 64 in the affinity mask"
  std::string memory_by;
  std::vector<std::string> problems;  ///< limits that could not be read
};

/// Sorts CPUs by package, core and thread, so that neighbours in the list share hardware. `root`: of /sys, "/" but in
/// tests.
std::vector<int> in_machine_order(std::vector<int> cpus, const std::filesystem::path& root);

/// Reads this process's affinity mask, memory and control groups. Never throws. `root`: of /proc and /sys, "/" but in
/// tests.
Sight look(const std::filesystem::path& root);

/// The share of rank `own` among the ranks of one machine. Ranks with equal masks divide their CPUs. The ranks in a
/// control group divide its limits. All ranks divide the machine's memory. The smallest limit decides.
Share share_of(const std::vector<Sight>& ranks, std::size_t own);

/// This rank's share. It is collective: every rank must call it, so nothing that can fail on a single rank may come
/// before. Throws SystemError when MPI fails.
Share take_share(const Communicator& communicator);

}  // namespace eigensweep::sweep
