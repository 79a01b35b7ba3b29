// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace eigensweep::file {

/// A temporary file under a unique name: `.eigensweep-tmp-<stem>-<16 hexadecimal digits>`. It is created empty; an
/// existing file is never used. It is removed with the object unless it was renamed.
class Temporary {
 public:
  /// Creates the file in `folder` ("": the current one). `stem` says what it is for; a long one is cut. The WriteError
  /// names `on_behalf_of`, the file that the user knows.
  Temporary(const std::filesystem::path& folder, const std::string& stem, const std::filesystem::path& on_behalf_of);
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }  ///< open for reading and writing
  /// Renames the file to `path` and replaces a file there. Throws WriteError.
  void rename_to(const std::filesystem::path& path);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Whether a file name has the form that Temporary gives.
bool is_temporary_name(std::string_view name);

}  // namespace eigensweep::file
