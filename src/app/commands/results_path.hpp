// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace eigensweep::app {

/// A results file, named itself or by the folder that holds it.
inline std::filesystem::path results_path(const std::filesystem::path& named) {
  std::error_code error;
  return std::filesystem::is_directory(named, error) ? named / "results.h5" : named;
}

/// The output folder of a run, named itself or by a file that lies in it.
inline std::filesystem::path run_folder(const std::filesystem::path& named) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(named, error)) return named;
  return named.has_parent_path() ? named.parent_path() : std::filesystem::path(".");
}

}  // namespace eigensweep::app
