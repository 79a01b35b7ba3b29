// SPDX-License-Identifier: MIT
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace eigensweep::hdf5 {

/// Owns one HDF5 identifier. Its destructor never throws; code for which a failed close matters calls reset() and
/// checks it.
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

/// Call it before any other function of HDF5. It switches off HDF5's own error printing and its clean-up at exit, which
/// loops if a full disk kept a file from being closed.
void start();

/// The most specific line of HDF5's error stack, and the operating system's error text if the stack holds one. Clears
/// the stack.
std::string last_error();

/// File access without locks, for readers and writers. No lock is needed: one process writes a results file under
/// another name, and nobody changes it after the rename. Some network file systems refuse all locks.
Handle file_access();

/// Why the numbers of an open dataset of `file` cannot be read, or would not be the numbers that were written; "" if no
/// reason is found. The check reads no numbers. The text continues a sentence that begins with the dataset's name: "is
/// compressed with ...; what to do". HDF5 itself returns the fill value for missing numbers, without an error.
std::string unreadable_because(hid_t dataset, const std::filesystem::path& file);

/// "f64" -> the type in memory and in the file (little-endian). "text" is a UTF-8 string of variable length.
Handle type_of(const std::string& dtype);
/// Bytes of one number; 0 for "text".
std::size_t size_of(const std::string& dtype);
/// The dtype of a dataset or attribute as in `type_of`: any integer is "i64" (one byte: "i8"), any string "text"; ""
/// for types that this program never writes.
std::string dtype_of(hid_t type);

}  // namespace eigensweep::hdf5
