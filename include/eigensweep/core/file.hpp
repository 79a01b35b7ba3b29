// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace eigensweep::file {

/// The whole content of a file. Throws DataError if it cannot be read.
std::string read(const std::filesystem::path& path);

/// Replaces `path` in one step: a reader sees the old content or the new one, whole, never a part, whatever dies.
/// Writes `path` + ".tmp", fsyncs it, renames it, fsyncs the folder. Throws SystemError (disk full, no permission).
void write_atomically(const std::filesystem::path& path, std::string_view content);

/// The same for files that a library writes by itself: `write(temporary)` fills the temporary file.
/// The temporary is removed if `write` throws.
void replace_atomically(const std::filesystem::path& path,
                        const std::function<void(const std::filesystem::path&)>& write);

/// Makes a folder and its parents. Throws SystemError.
void make_folder(const std::filesystem::path& path);

/// "No space left on device (28)": errno in words.
std::string system_message(int error_number);

}  // namespace eigensweep::file
