// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "eigensweep/core/error.hpp"

namespace eigensweep::file {

/// A file or folder cannot be written: full disk, no permission, a failing device. The computation is not the cause.
class WriteError : public SystemError {
 public:
  explicit WriteError(const std::string& message, int error_number = 0)
      : SystemError(message), error_number_(error_number) {}
  [[nodiscard]] int error_number() const noexcept { return error_number_; }  ///< 0 if unknown

 private:
  int error_number_;
};

/// The whole content of a file. Throws DataError if it cannot be read.
std::string read(const std::filesystem::path& path);

/// Follows links. Throws DataError "<path>: is a FIFO, not a file; <advice>" if the path exists and is no regular file:
/// opening a FIFO that nobody writes would block for ever.
void expect_regular(const std::filesystem::path& path, std::string_view advice);

/// Replaces `path` in one step: a reader sees all of the old content or all of the new, even after a crash. Writes a
/// Temporary beside it, fsyncs it, renames it, fsyncs the folder. Follows links: the file behind them is replaced. The
/// new file's mode follows the umask. Throws WriteError.
void write_atomically(const std::filesystem::path& path, std::string_view content);

/// The same for files that a library writes by itself: `write(temporary)` fills the temporary file, which exists.
/// The temporary is removed if `write` throws.
void replace_atomically(const std::filesystem::path& path,
                        const std::function<void(const std::filesystem::path&)>& write);

/// Writes to a path that the user named. A regular file, or a path without a file: as write_atomically, but an existing
/// file keeps its mode. Anything else (FIFO, device, /dev/stdout, a shell's process substitution) is written to and
/// never replaced. A FIFO must get a reader within ten seconds. Throws WriteError.
void write_to(const std::filesystem::path& path, std::string_view content);

/// Removes a file; a missing file is no error. Throws WriteError.
void remove(const std::filesystem::path& path);

/// Makes a folder and its parents. Throws WriteError.
void make_folder(const std::filesystem::path& path);

/// "No space left on device (error 28)": errno in words.
std::string system_message(int error_number);

/// "<path>: cannot <what>: <errno in words>; <what to do>", thrown as WriteError.
[[noreturn]] void fail_to_write(const std::filesystem::path& path, const char* what, int error_number);

}  // namespace eigensweep::file
