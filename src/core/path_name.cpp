// SPDX-License-Identifier: MIT
#include "eigensweep/core/path_name.hpp"

#include <fmt/format.h>

#include <climits>

#include "eigensweep/core/text.hpp"

namespace eigensweep::file {
namespace {

constexpr std::size_t longest_name = NAME_MAX;
// Leaves room for what is made below the path: models/<trial id>.safetensors and its temporary file.
constexpr std::size_t longest_path = PATH_MAX - 128;
constexpr std::size_t shown = 60;

std::string show(const std::string& word) {
  return text::printable(word.size() <= shown ? word : word.substr(0, shown) + "...");
}

}  // namespace

std::string wrong_characters(const std::string& path) {
  if (!text::is_utf8(path)) {
    return fmt::format("'{}' is not UTF-8 (status.json and results.h5 hold no other text); rename the file or folder",
                       text::printable(path));
  }
  const std::string line = text::one_line(path);
  if (line == path) return "";
  return fmt::format(
      "'{}' holds a line end or another control character (messages, scripts and logs are read line by line); rename "
      "the file or folder",
      line);
}

std::string wrong_length(const std::filesystem::path& path, const std::filesystem::path& from) {
  for (const std::filesystem::path& part : path) {
    if (part.string().size() <= longest_name) continue;
    return fmt::format("'{}' has {} bytes (a file's name has {} at most); choose a shorter one", show(part.string()),
                       part.string().size(), longest_name);
  }
  const std::size_t size = (from / path).string().size();
  if (size <= longest_path) return "";
  return fmt::format(
      "'{}' is a path of {} bytes from the root (with the names below it the system takes {}); choose a shorter one",
      show(path.string()), size, longest_path);
}

}  // namespace eigensweep::file
