// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <filesystem>
#include <system_error>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/path_name.hpp"

namespace eigensweep::app {
namespace {

void refuse(const std::string& where, const std::string& complaint) {
  if (!complaint.empty()) throw ConfigError(fmt::format("{}: {}", where, complaint));
}

/// Of "--output=NAME" the name.
std::filesystem::path named_by(const std::string& word) {
  const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
  return equals == std::string::npos ? word : word.substr(equals + 1);
}

}  // namespace

void check_names(const std::vector<std::string>& words) {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  if (error) {
    throw SystemError(fmt::format("current folder: {} (was it removed?); go to one that is there", error.message()));
  }
  refuse("current folder", file::wrong_characters(here.string()));
  bool is_sbatch = false;  // its options are no paths of ours
  for (const std::string& word : words) {
    refuse("command line", file::wrong_characters(word));
    if (!is_sbatch && !word.starts_with("--sbatch=")) refuse("command line", file::wrong_length(named_by(word), here));
    is_sbatch = word == "--sbatch";
  }
}

}  // namespace eigensweep::app
