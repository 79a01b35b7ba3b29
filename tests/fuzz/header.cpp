// SPDX-License-Identifier: MIT
// Headers of checkpoints, which the planner reads without LibTorch: any file names distinct trials, or none.
#include <cstring>
#include <set>
#include <string>
#include <string_view>

#include "eigensweep/sweep/folder/checkpoints.hpp"
#include "fuzz.hpp"
#include "memory_file.hpp"

using namespace eigensweep;

/// An odd first byte puts the right length before the rest: chance would rarely find one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count == 0) return 0;
  std::string content(reinterpret_cast<const char*>(bytes) + 1, count - 1);
  if (bytes[0] % 2 == 1) {
    const std::uint64_t length = content.size();
    content.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
  }
  const fuzz::MemoryFile file{std::string_view(content)};
  const std::vector<std::string> trials = sweep::checkpoint_trials(file.path());
  fuzz::require(std::set<std::string>(trials.begin(), trials.end()).size() == trials.size(), "no trial stands twice");
  return 0;
}
