// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/study/declare/kind.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"

namespace eigensweep::sweep {

/// What the last run wrote about its study in status.json.
struct Recorded {
  /// The user's file: relative paths in the study start at its folder. The copy in the output folder if a run that was
  /// killed early wrote nothing.
  std::filesystem::path study_file;
  std::optional<std::vector<std::string>> warnings;
};
Recorded recorded_in(const OutputPaths& paths);

/// "attacks/pgd": what the last study of an output folder asks for and this one does not. Empty where the folder is
/// new.
std::vector<std::string> no_longer_asked(const OutputPaths& paths, const Json& document);

/// The text of the study in an output folder with the attacks and metrics of `additions`: of a label that both have,
/// the latter's. Throws ConfigError if `additions` holds anything else, or if it or the study is no JSON object;
/// SystemError if a file cannot be read.
std::string study_with(const OutputPaths& paths, const std::filesystem::path& additions);

}  // namespace eigensweep::sweep
