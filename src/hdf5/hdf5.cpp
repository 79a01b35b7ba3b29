// SPDX-License-Identifier: MIT
#include "eigensweep/hdf5/hdf5.hpp"

#include <array>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::hdf5 {
namespace {

/// Keeps the deepest description of the error stack, and the deepest error message of the operating system.
struct Found {
  std::string deepest;
  std::string system;
};

herr_t visit(unsigned, const H5E_error2_t* error, void* data) {
  auto& found = *static_cast<Found*>(data);
  const std::string description = error->desc == nullptr ? "" : error->desc;
  if (description.empty()) return 0;
  found.deepest = description;
  const std::string key = "error message = '";
  const std::size_t begin = description.find(key);
  if (begin == std::string::npos) return 0;
  const std::size_t end = description.find('\'', begin + key.size());
  found.system = description.substr(begin + key.size(), end - begin - key.size());
  return 0;
}

}  // namespace

Handle::Handle(Handle&& other) noexcept
    : id_(std::exchange(other.id_, -1)), close_(std::exchange(other.close_, nullptr)) {}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this == &other) return *this;
  reset();
  id_ = std::exchange(other.id_, -1);
  close_ = std::exchange(other.close_, nullptr);
  return *this;
}

bool Handle::reset() noexcept {
  const hid_t id = std::exchange(id_, -1);
  return id < 0 || close_ == nullptr || close_(id) >= 0;
}

void start() {
  static const bool once = [] {
    H5dont_atexit();
    H5open();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  static_cast<void>(once);
}

std::string last_error() {
  Found found;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, visit, &found);
  H5Eclear2(H5E_DEFAULT);
  if (!found.system.empty()) return found.system;
  return found.deepest.empty() ? "unknown error" : text::first_line(found.deepest);
}

Handle file_access() {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_LATEST);
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(access.get(), false, true);
#endif
  return access;
}

Handle type_of(const std::string& dtype) {
  if (dtype == "f64") return {H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
  if (dtype == "f32") return {H5Tcopy(H5T_IEEE_F32LE), H5Tclose};
  if (dtype == "i64") return {H5Tcopy(H5T_STD_I64LE), H5Tclose};
  if (dtype == "i8") return {H5Tcopy(H5T_STD_I8LE), H5Tclose};
  EIGENSWEEP_EXPECT(dtype == "text");
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

std::size_t size_of(const std::string& dtype) {
  if (dtype == "f64" || dtype == "i64") return 8;
  if (dtype == "f32") return 4;
  return dtype == "i8" ? 1 : 0;
}

std::string dtype_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return H5Tget_size(type) == 4 ? "f32" : "f64";
    case H5T_INTEGER:
      return H5Tget_size(type) == 1 ? "i8" : "i64";
    case H5T_STRING:
      return H5Tis_variable_str(type) > 0 ? "text" : "";
    default:
      return "";
  }
}

}  // namespace eigensweep::hdf5
