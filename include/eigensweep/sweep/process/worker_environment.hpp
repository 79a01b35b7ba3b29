// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace eigensweep::sweep {

/// The environment of a worker, "NAME=value" each: `inherited` without the site's settings for the number and placement
/// of threads. Those are meant for a single program; several workers would all bind their threads to the same CPUs. The
/// worker's threads sleep while they wait, so that they do not take CPU time from other workers. LibTorch's allocator
/// on a GPU grows its segments, unless the site says otherwise.
std::vector<std::string> worker_environment(const std::vector<std::string>& inherited, int threads);

/// The environment of this process.
std::vector<std::string> own_environment();

}  // namespace eigensweep::sweep
