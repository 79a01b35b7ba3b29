// SPDX-License-Identifier: MIT
#include "folder.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "eigensweep/core/error.hpp"

namespace eigensweep::data {

std::filesystem::path own_data_folder(const std::string& name) {
  if (const char* chosen = std::getenv("EIGENSWEEP_DATA_FOLDER"); chosen != nullptr && *chosen != '\0') {
    const std::filesystem::path folder = std::filesystem::path(chosen) / name;
    if (std::filesystem::is_directory(folder)) return folder;
    throw DataError(fmt::format("{}: no such folder (EIGENSWEEP_DATA_FOLDER is '{}'); correct or unset that variable",
                                folder.string(), chosen));
  }
  std::error_code ignored;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::filesystem::path installed = program.parent_path().parent_path() / "share" / "eigensweep" / "data" / name;
  const std::filesystem::path sources = std::filesystem::path(EIGENSWEEP_SOURCE_DATA_FOLDER) / name;
  for (const auto& folder : {installed, sources}) {
    if (std::filesystem::is_directory(folder, ignored)) return folder;
  }
  throw DataError(fmt::format(
      "{}: no such folder, nor {} (the copy of '{}' that comes with eigensweep); name its folder in /dataset/folder "
      "or in the environment variable EIGENSWEEP_DATA_FOLDER",
      installed.string(), sources.string(), name));
}

}  // namespace eigensweep::data
