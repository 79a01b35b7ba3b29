// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <iostream>
#include <string>

#include "eigensweep/core/error.hpp"

namespace eigensweep::app {

/// A results file, named itself or by the folder that holds it.
inline std::filesystem::path results_path(const std::filesystem::path& named) {
  std::error_code error;
  return std::filesystem::is_directory(named, error) ? named / "results.h5" : named;
}

/// Writes to standard output; a full disk behind it is an error, not silence. Throws SystemError.
inline void print_all(const std::string& text) {
  std::cout << text << std::flush;
  if (!std::cout) throw SystemError("standard output: cannot write all of it; make space, or write to another place");
}

}  // namespace eigensweep::app
