// SPDX-License-Identifier: MIT
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace eigensweep::hdf5 {

/// Owns one HDF5 identifier. Closing never throws: where a failed close matters, it is checked before.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept;
  Handle& operator=(Handle&& other) noexcept;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  [[nodiscard]] hid_t get() const noexcept { return id_; }
  [[nodiscard]] bool is_valid() const noexcept { return id_ >= 0; }
  /// Closes now; false when HDF5 could not.
  bool reset() noexcept;

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

/// To be called before any other function of HDF5: its own printing of errors and its clean-up at exit (which loops on
/// a file that a full disk kept it from closing) are switched off.
void start();

/// The most specific line of HDF5's error stack, and the operating system's words if it holds any. Clears the stack.
std::string last_error();

/// File access for both sides: no locks. A results file is written under another name by one process and never
/// changed after; some network file systems refuse locks altogether.
Handle file_access();

/// Why the numbers of an open dataset of `file` cannot be read, or would not be what was written, as far as can be told
/// without reading them; goes on after its name: "is compressed with ...; what to do". "" where nothing speaks against
/// it. HDF5 itself gives the fill value for what is not there, without an error.
std::string unreadable_because(hid_t dataset, const std::filesystem::path& file);

/// "f64" -> the type in memory and in the file (little-endian). "text" is a UTF-8 string of variable length.
Handle type_of(const std::string& dtype);
/// Bytes of one number; 0 for "text".
std::size_t size_of(const std::string& dtype);
/// The dtype of a dataset or attribute as in `type_of`: any integer is "i64" (one byte: "i8"), any string "text"; ""
/// for what this program never writes.
std::string dtype_of(hid_t type);

}  // namespace eigensweep::hdf5
