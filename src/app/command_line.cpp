// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <algorithm>
#include <climits>
#include <filesystem>
#include <system_error>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::app {
namespace {

constexpr std::size_t longest_name = NAME_MAX;
// Room for what is made below it: models/<trial id>.safetensors and its temporary file.
constexpr std::size_t longest_path = PATH_MAX - 128;
constexpr std::size_t shown = 60;

std::string show(const std::string& word) {
  return text::printable(word.size() <= shown ? word : word.substr(0, shown) + "...");
}

void check_characters(const std::string& name, const std::string& where) {
  if (!text::is_utf8(name)) {
    throw ConfigError(
        fmt::format("{}: '{}' is not UTF-8 (status.json and results.h5 hold no other text); rename the file or folder",
                    where, text::printable(name)));
  }
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    throw ConfigError(
        fmt::format("{}: '{}' holds a line end or another control character (messages, scripts and logs are read line "
                    "by line); rename the file or folder",
                    where, text::printable(name)));
  }
}

void check_length(const std::string& word, const std::filesystem::path& here) {
  // "--output=NAME"
  const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
  const std::filesystem::path path(equals == std::string::npos ? word : word.substr(equals + 1));
  for (const std::filesystem::path& part : path) {
    if (part.string().size() <= longest_name) continue;
    throw ConfigError(
        fmt::format("command line: '{}' has {} bytes (a file's name has {} at most); choose a shorter one",
                    show(part.string()), part.string().size(), longest_name));
  }
  if (const std::size_t size = (here / path).string().size(); size > longest_path) {
    throw ConfigError(
        fmt::format("command line: '{}' is a path of {} bytes from the root (with the names below it the system takes "
                    "{}); choose a shorter one",
                    show(path.string()), size, longest_path));
  }
}

}  // namespace

void check_names(const std::vector<std::string>& words) {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  if (error) {
    throw SystemError(fmt::format("current folder: {} (was it removed?); go to one that is there", error.message()));
  }
  check_characters(here.string(), "current folder");
  bool is_sbatch = false;  // its options are no paths of ours
  for (const std::string& word : words) {
    check_characters(word, "command line");
    if (!is_sbatch && !word.starts_with("--sbatch=")) check_length(word, here);
    is_sbatch = word == "--sbatch";
  }
}

}  // namespace eigensweep::app
