// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace eigensweep::hash {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of data that is added piece by piece. Throws SystemError if libcrypto fails.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// The digest of all pieces so far. The object then starts anew.
  Digest finish();

 private:
  std::shared_ptr<void> context_;
};

/// SHA-256 of `bytes`. Cheap for many short texts: each thread sets the algorithm up once.
Digest sha256_digest(std::string_view bytes);
/// The first `bytes` of a digest as lower-case hexadecimal digits, two each.
std::string hexadecimal(const Digest& digest, std::size_t bytes = 32);

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits (what `sha256sum` prints).
std::string sha256(std::string_view bytes);
/// The same of a file's content. Throws DataError if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace eigensweep::hash
