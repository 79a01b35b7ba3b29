// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace eigensweep::file {

/// A file for a while, under a name that nobody else has: `.eigensweep-tmp-<stem>-<16 hexadecimal digits>`. It is made
/// empty, never taken over from somebody, and removed with the object unless it has been renamed.
class Temporary {
 public:
  /// In `folder` ("": the current one). `stem` says what it is for; a long one is cut. Throws WriteError that names
  /// `on_behalf_of`, the file that the user knows.
  Temporary(const std::filesystem::path& folder, const std::string& stem, const std::filesystem::path& on_behalf_of);
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }  ///< open for reading and writing
  /// Gives it the place of `path`. Throws WriteError.
  void rename_to(const std::filesystem::path& path);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Whether a file's name is that of a Temporary.
bool is_temporary_name(std::string_view name);

}  // namespace eigensweep::file
