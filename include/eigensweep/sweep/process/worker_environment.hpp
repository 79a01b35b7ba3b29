// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace eigensweep::sweep {

/// The environment of a worker, "NAME=value" each: `inherited` without what a site sets to place the threads of one
/// program that has the machine for itself. Of several workers each would bind its threads to the same CPUs, or take
/// all of them. Its threads wait asleep, so that a busy neighbour costs it that neighbour's share and no more.
std::vector<std::string> worker_environment(const std::vector<std::string>& inherited, int threads);

/// The environment of this process.
std::vector<std::string> own_environment();

}  // namespace eigensweep::sweep
