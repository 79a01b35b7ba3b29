// SPDX-License-Identifier: MIT
#include <hdf5_hl.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/hdf5/hdf5.hpp"
#include "eigensweep/results/read/reader.hpp"
#include "eigensweep/results/write/results_file.hpp"

namespace eigensweep::results {

using hdf5::Handle;

struct ResultsFile::Open {
  Handle file;
};

namespace {

constexpr const char* advice = "'eigensweep collect' on its folder makes it anew from the ledger";

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw DataError(
      fmt::format("{}: cannot read {}: {} (the file is damaged); {}", path.string(), what, hdf5::last_error(), advice));
}

std::string text_attribute(hid_t object, const std::string& name) {
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.is_valid()) return "";
  const Handle stored(H5Aget_type(attribute.get()), H5Tclose);
  if (hdf5::dtype_of(stored.get()) != "text") return "";
  const Handle type = hdf5::type_of("text");
  char* pointer = nullptr;
  if (H5Aread(attribute.get(), type.get(), &pointer) < 0 || pointer == nullptr) return "";
  std::string text(pointer);
  H5free_memory(pointer);
  return text;
}

std::int64_t integer_attribute(hid_t object, const std::string& name, std::int64_t otherwise) {
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.is_valid()) return otherwise;
  const Handle stored(H5Aget_type(attribute.get()), H5Tclose);
  std::int64_t value = otherwise;
  if (hdf5::dtype_of(stored.get()) != "i64" || H5Aread(attribute.get(), H5T_NATIVE_INT64, &value) < 0) return otherwise;
  return value;
}

/// Integers have no NaN: one that is missing holds the fill value that its variable declares.
void fill_to_nan(hid_t dataset, std::vector<double>& numbers) {
  const Handle attribute(H5Aopen(dataset, "_FillValue", H5P_DEFAULT), H5Aclose);
  double fill = std::numeric_limits<double>::quiet_NaN();
  if (!attribute.is_valid() || H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &fill) < 0) return;
  std::replace(numbers.begin(), numbers.end(), fill, std::numeric_limits<double>::quiet_NaN());
}

struct Listing {
  H5O_type_t wanted;
  std::vector<std::string> names;
};

herr_t list_one(hid_t group, const char* name, const H5L_info_t*, void* data) {
  auto& listing = *static_cast<Listing*>(data);
  const Handle object(H5Oopen(group, name, H5P_DEFAULT), H5Oclose);
  const H5I_type_t type = H5Iget_type(object.get());
  if ((type == H5I_GROUP && listing.wanted == H5O_TYPE_GROUP) ||
      (type == H5I_DATASET && listing.wanted == H5O_TYPE_DATASET))
    listing.names.emplace_back(name);
  return 0;
}

herr_t note_scale(hid_t, unsigned, hid_t scale, void* data) {
  std::string name(static_cast<std::size_t>(std::max<ssize_t>(H5Iget_name(scale, nullptr, 0), 0)), '\0');
  H5Iget_name(scale, name.data(), name.size() + 1);
  *static_cast<std::string*>(data) = name.starts_with('/') ? name.substr(1) : name;
  return 1;
}

}  // namespace

ResultsFile::ResultsFile(std::filesystem::path path) : path_(std::move(path)), open_(std::make_unique<Open>()) {
  hdf5::start();
  std::error_code error;
  if (!std::filesystem::exists(path_, error))
    throw DataError(fmt::format("{}: does not exist; name the results.h5 of an output folder", path_.string()));
  file::expect_regular(path_, "name the results.h5 of an output folder");
  if (std::ifstream(path_).peek() == '{') {
    throw DataError(fmt::format("{}: is JSON, as a study is, not results; name the results.h5 of an output folder",
                                path_.string()));
  }
  const Handle access = hdf5::file_access();
  open_->file = Handle(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!open_->file.is_valid())
    throw DataError(
        fmt::format("{}: is no HDF5 file or a damaged one: {}; {}", path_.string(), hdf5::last_error(), advice));
  if (attribute("/", "file_type") != file_type)
    throw DataError(
        fmt::format("{}: is no results file of eigensweep; name the results.h5 of an output folder", path_.string()));
  const std::int64_t version = integer_attribute(open_->file.get(), "format_version", 0);
  if (version < 1 || version > format_version)
    throw DataError(
        fmt::format("{}: is of format {}, this program reads up to format {}; use the program that wrote it",
                    path_.string(), version, format_version));
}

ResultsFile::~ResultsFile() = default;
ResultsFile::ResultsFile(ResultsFile&&) noexcept = default;
ResultsFile& ResultsFile::operator=(ResultsFile&&) noexcept = default;

std::string ResultsFile::attribute(const std::string& object, const std::string& name) const {
  const Handle opened(H5Oopen(open_->file.get(), object.c_str(), H5P_DEFAULT), H5Oclose);
  return opened.is_valid() ? text_attribute(opened.get(), name) : "";
}

std::optional<double> ResultsFile::number_attribute(const std::string& object, const std::string& name) const {
  const Handle opened(H5Oopen(open_->file.get(), object.c_str(), H5P_DEFAULT), H5Oclose);
  if (!opened.is_valid()) return std::nullopt;
  const Handle attribute(H5Aopen(opened.get(), name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.is_valid()) return std::nullopt;
  const Handle stored(H5Aget_type(attribute.get()), H5Tclose);
  double value = 0;
  if (hdf5::dtype_of(stored.get()) != "f64" || H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value) < 0) {
    return std::nullopt;
  }
  return value;
}

Json ResultsFile::json_attribute(const std::string& name) const {
  try {
    return Json::parse(attribute("/", name));
  } catch (const Json::exception&) {
    throw DataError(
        fmt::format("{}: attribute '{}' holds no JSON (the file is damaged); {}", path_.string(), name, advice));
  }
}

std::vector<std::string> ResultsFile::groups() const {
  Listing listing{H5O_TYPE_GROUP, {}};
  hsize_t start = 0;
  if (H5Literate(open_->file.get(), H5_INDEX_CRT_ORDER, H5_ITER_INC, &start, list_one, &listing) < 0)
    fail(path_, "its list of groups");
  return listing.names;
}

std::vector<std::string> ResultsFile::variables(const std::string& group) const {
  const Handle opened(H5Gopen2(open_->file.get(), group.c_str(), H5P_DEFAULT), H5Gclose);
  Listing listing{H5O_TYPE_DATASET, {}};
  hsize_t start = 0;
  if (H5Literate(opened.get(), H5_INDEX_CRT_ORDER, H5_ITER_INC, &start, list_one, &listing) < 0)
    fail(path_, fmt::format("the group '{}'", group));
  if (group != "/")
    for (std::string& name : listing.names) name.insert(0, group + "/");
  return listing.names;
}

bool ResultsFile::has(const std::string& variable) const {
  const Handle dataset(H5Dopen2(open_->file.get(), variable.c_str(), H5P_DEFAULT), H5Dclose);
  return dataset.is_valid();
}

std::vector<std::string> ResultsFile::dims(const std::string& variable) const {
  const Handle dataset(H5Dopen2(open_->file.get(), variable.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle space(H5Dget_space(dataset.get()), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0) fail(path_, fmt::format("'{}'", variable));
  if (H5DSis_scale(dataset.get()) > 0) return {variable};
  std::vector<std::string> names(static_cast<std::size_t>(rank));
  for (std::size_t i = 0; i < names.size(); ++i)
    H5DSiterate_scales(dataset.get(), static_cast<unsigned>(i), nullptr, note_scale, &names[i]);
  return names;
}

Variable ResultsFile::read(const std::string& variable) const {
  Variable result{variable, "", dims(variable), {}, {}, {}};
  const Handle dataset(H5Dopen2(open_->file.get(), variable.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle space(H5Dget_space(dataset.get()), H5Sclose);
  const Handle stored(H5Dget_type(dataset.get()), H5Tclose);
  std::vector<hsize_t> shape(result.dims.size());
  H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
  result.shape.assign(shape.begin(), shape.end());
  result.dtype = hdf5::dtype_of(stored.get());
  const auto points = static_cast<std::size_t>(std::max<hssize_t>(H5Sget_simple_extent_npoints(space.get()), 0));
  if (result.dtype.empty()) fail(path_, fmt::format("the type of '{}'", variable));
  if (points == 0) return result;
  if (result.dtype != "text") {
    result.numbers.resize(points);
    if (H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, result.numbers.data()) < 0)
      fail(path_, fmt::format("'{}'", variable));
    fill_to_nan(dataset.get(), result.numbers);
    return result;
  }
  const Handle type = hdf5::type_of("text");
  std::vector<char*> pointers(points, nullptr);
  if (H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) < 0)
    fail(path_, fmt::format("'{}'", variable));
  for (const char* pointer : pointers) result.texts.emplace_back(pointer == nullptr ? "" : pointer);
  H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data());
  return result;
}

}  // namespace eigensweep::results
