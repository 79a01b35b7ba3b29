// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace eigensweep::app {

/// A results file, named itself or by the folder that holds it.
inline std::filesystem::path results_path(const std::filesystem::path& named) {
  std::error_code error;
  return std::filesystem::is_directory(named, error) ? named / "results.h5" : named;
}

}  // namespace eigensweep::app
