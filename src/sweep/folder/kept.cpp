// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/kept.hpp"

#include <algorithm>

namespace eigensweep::sweep {

Kept::Kept(const OutputPaths& paths) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(paths.checkpoints(), error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".safetensors") continue;
    std::error_code gone;  // a worker may remove its checkpoint meanwhile
    const auto written = std::filesystem::last_write_time(entry->path(), gone);
    if (!gone) checkpoints_[entry->path()] = written;
  }
}

bool Kept::has_more_than(const Kept& earlier) const {
  return std::any_of(checkpoints_.begin(), checkpoints_.end(), [&](const auto& checkpoint) {
    const auto before = earlier.checkpoints_.find(checkpoint.first);
    return before == earlier.checkpoints_.end() || before->second != checkpoint.second;
  });
}

}  // namespace eigensweep::sweep
