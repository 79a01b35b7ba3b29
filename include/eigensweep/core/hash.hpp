// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace eigensweep::hash {

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits (what `sha256sum` prints).
std::string sha256(std::string_view bytes);
/// SHA-256 of a file's content. Throws DataError if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace eigensweep::hash
