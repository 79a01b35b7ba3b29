// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace eigensweep::hash {

/// SHA-256 of what comes piece by piece. Throws SystemError where libcrypto refuses.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// Of all pieces so far, as 64 lower-case hexadecimal digits. Call it once.
  std::string finish();

 private:
  std::shared_ptr<void> context_;
};

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits (what `sha256sum` prints).
std::string sha256(std::string_view bytes);
/// SHA-256 of a file's content. Throws DataError if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace eigensweep::hash
