// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>

#include "eigensweep/sweep/folder/output_folder.hpp"

namespace eigensweep::sweep {

/// When each checkpoint of an output folder was last written. Two of them tell what was saved in between.
class Kept {
 public:
  /// As the folder is now.
  explicit Kept(const OutputPaths& paths);
  /// Whether a checkpoint is new, or was written again, since `earlier`.
  [[nodiscard]] bool has_more_than(const Kept& earlier) const;

 private:
  std::map<std::filesystem::path, std::filesystem::file_time_type> checkpoints_;
};

}  // namespace eigensweep::sweep
