// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/process/worker_environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace eigensweep::sweep {
namespace {

/// Variables for the number and placement of threads, and for how they wait. Stack sizes, MKL_CBWR (reproducible sums)
/// and KMP_DUPLICATE_LIB_OK are kept: a site sets those for all programs.
constexpr std::string_view about_threads[] = {
    // OpenMP's, then those of the runtimes of GCC, LLVM and Intel
    "OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OMP_DYNAMIC", "OMP_NESTED", "OMP_MAX_ACTIVE_LEVELS", "OMP_PROC_BIND",
    "OMP_PLACES", "OMP_WAIT_POLICY", "OMP_SCHEDULE", "GOMP_CPU_AFFINITY", "GOMP_SPINCOUNT", "KMP_AFFINITY",
    "KMP_HW_SUBSET", "KMP_PLACE_THREADS", "KMP_BLOCKTIME", "KMP_LIBRARY", "KMP_ALL_THREADS", "KMP_DEVICE_THREAD_LIMIT",
    "KMP_USE_YIELD",
    // linear algebra libraries
    "MKL_NUM_THREADS", "MKL_DOMAIN_NUM_THREADS", "MKL_DYNAMIC", "OPENBLAS_NUM_THREADS", "OPENBLAS_MAIN_FREE",
    "GOTO_NUM_THREADS", "BLIS_NUM_THREADS"};

}  // namespace

std::vector<std::string> worker_environment(const std::vector<std::string>& inherited, int threads) {
  std::vector<std::string> variables;
  for (const std::string& variable : inherited) {
    const std::string_view name = std::string_view(variable).substr(0, variable.find('='));
    if (std::find(std::begin(about_threads), std::end(about_threads), name) == std::end(about_threads)) {
      variables.push_back(variable);
    }
  }
  variables.push_back(fmt::format("OMP_NUM_THREADS={}", threads));
  // A thread that waits for its team spins for some microseconds and then sleeps. By default, GCC's runtime spins for
  // milliseconds, and may take the core from the thread that it waits for (docs/performance.md).
  variables.emplace_back("OMP_WAIT_POLICY=passive");
  variables.emplace_back("GOMP_SPINCOUNT=1000");
  // Packs differ in shape: blocks of a GPU's memory that fit the last pack would be lost to the next one. LibTorch
  // reads this when it is loaded.
  const auto is_about_allocation = [](const std::string& variable) {
    return variable.starts_with("PYTORCH_ALLOC_CONF=") || variable.starts_with("PYTORCH_CUDA_ALLOC_CONF=");
  };
  if (std::none_of(variables.begin(), variables.end(), is_about_allocation)) {
    variables.emplace_back("PYTORCH_ALLOC_CONF=expandable_segments:True");
  }
  return variables;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

}  // namespace eigensweep::sweep
