// SPDX-License-Identifier: MIT
#include "netcdf.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <numeric>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/json.hpp"

namespace eigensweep::results {
namespace {

using hdf5::Handle;

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
constexpr std::size_t compress_from = std::size_t{1} << 16;  // bytes: below, a chunk index costs more than it saves

template <typename Number>
void repeat(std::vector<std::uint8_t>& bytes, Number value) {
  for (std::size_t at = 0; at + sizeof value <= bytes.size(); at += sizeof value)
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

/// A block of fill values: bytes of ones are -1 in every width.
std::vector<std::uint8_t> filled(const std::string& dtype, std::size_t size) {
  std::vector<std::uint8_t> bytes(size, 0xff);
  if (dtype == "f64") repeat(bytes, std::numeric_limits<double>::quiet_NaN());
  if (dtype == "f32") repeat(bytes, std::numeric_limits<float>::quiet_NaN());
  return bytes;
}

/// Readers fail on text that is not UTF-8, and a worker's error message may hold any bytes.
std::string as_utf8(const std::string& text) {
  const std::string quoted = json_text(text);
  return Json::parse(quoted).get<std::string>();
}

std::size_t product(const std::vector<hsize_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1},
                         [](std::size_t all, hsize_t one) { return all * static_cast<std::size_t>(one); });
}

std::size_t rows_per_block(std::size_t rows, std::size_t row_bytes) {
  return std::clamp<std::size_t>(chunk_bytes / std::max<std::size_t>(row_bytes, 1), 1, std::max<std::size_t>(rows, 1));
}

Handle creation(const std::vector<hsize_t>& shape, std::size_t item) {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (shape.empty() || item == 0 || product(shape) * item < compress_from) return properties;
  std::vector<hsize_t> chunk = shape;
  const std::size_t row_bytes = product(shape) / static_cast<std::size_t>(shape[0]) * item;
  chunk[0] = rows_per_block(static_cast<std::size_t>(shape[0]), row_bytes);
  H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
  H5Pset_shuffle(properties.get());
  H5Pset_deflate(properties.get(), 1);
  return properties;
}

Handle tracked_group_properties(hid_t kind) {
  // Readers then list groups and variables in the order in which they were written.
  Handle properties(H5Pcreate(kind), H5Pclose);
  H5Pset_link_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  return properties;
}

}  // namespace

NetcdfWriter::NetcdfWriter(const std::filesystem::path& file, std::filesystem::path known_as)
    : path_(std::move(known_as)) {
  hdf5::start();
  const Handle access = hdf5::file_access();
  const Handle properties = tracked_group_properties(H5P_FILE_CREATE);
  file_ = Handle(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, properties.get(), access.get()), H5Fclose);
  check(file_.is_valid(), "create it");
}

void NetcdfWriter::check(bool good, const std::string& what) const {
  if (good) return;
  throw file::WriteError(
      fmt::format("{}: cannot {}: {}; make the place writable with space left, then run the same command again",
                  path_.string(), what, hdf5::last_error()));
}

void NetcdfWriter::add_group(const std::string& name) {
  const Handle properties = tracked_group_properties(H5P_GROUP_CREATE);
  const Handle group(H5Gcreate2(file_.get(), name.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose);
  check(group.is_valid(), fmt::format("write the group '{}'", name));
}

void NetcdfWriter::put_attribute(hid_t object, const std::string& name, const std::string& value) {
  const Handle type = hdf5::type_of("text");
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(H5Acreate2(object, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const std::string text = as_utf8(value);
  const char* pointer = text.c_str();
  check(attribute.is_valid() && H5Awrite(attribute.get(), type.get(), &pointer) >= 0,
        fmt::format("write the attribute '{}'", name));
}

void NetcdfWriter::put_attribute(hid_t object, const std::string& name, double value) {
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(H5Acreate2(object, name.c_str(), H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose);
  check(attribute.is_valid() && H5Awrite(attribute.get(), H5T_NATIVE_DOUBLE, &value) >= 0,
        fmt::format("write the attribute '{}'", name));
}

void NetcdfWriter::put_flags(hid_t dataset, const VariableSpec& spec) {
  std::vector<std::int8_t> values;
  std::string words;
  for (const auto& [value, word] : spec.flags) {
    values.push_back(value);
    words += (words.empty() ? "" : " ") + word;
  }
  put_attribute(dataset, "flag_meanings", words);
  const hsize_t count = values.size();
  const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const Handle attribute(H5Acreate2(dataset, "flag_values", H5T_STD_I8LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose);
  check(H5Awrite(attribute.get(), H5T_NATIVE_INT8, values.data()) >= 0, fmt::format("write '{}'", spec.name));
}

void NetcdfWriter::set_attribute(const std::string& group, const std::string& name, const std::string& value) {
  const Handle object(H5Oopen(file_.get(), group.c_str(), H5P_DEFAULT), H5Oclose);
  put_attribute(object.get(), name, value);
}

void NetcdfWriter::set_attribute(const std::string& group, const std::string& name, std::int64_t value) {
  const Handle object(H5Oopen(file_.get(), group.c_str(), H5P_DEFAULT), H5Oclose);
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(H5Acreate2(object.get(), name.c_str(), H5T_STD_I64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose);
  check(attribute.is_valid() && H5Awrite(attribute.get(), H5T_NATIVE_INT64, &value) >= 0,
        fmt::format("write the attribute '{}'", name));
}

Handle NetcdfWriter::create(const VariableSpec& spec, const std::vector<hsize_t>& shape) {
  const Handle type = hdf5::type_of(spec.dtype);
  const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
  const std::size_t item = hdf5::size_of(spec.dtype);
  const Handle properties = creation(shape, item);
  Handle dataset(
      H5Dcreate2(file_.get(), spec.name.c_str(), type.get(), space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
      H5Dclose);
  check(dataset.is_valid(), fmt::format("write '{}'", spec.name));
  const std::string short_name = spec.name.substr(spec.name.rfind('/') + 1);
  std::string long_name = short_name;
  std::replace(long_name.begin(), long_name.end(), '_', ' ');
  put_attribute(dataset.get(), "long_name", long_name);
  if (!spec.description.empty()) put_attribute(dataset.get(), "description", spec.description);
  if (spec.dtype != "text") put_attribute(dataset.get(), "units", spec.unit.empty() ? "1" : spec.unit);
  for (const auto& [name, value] : spec.attributes) put_attribute(dataset.get(), name, value);
  for (const auto& [name, value] : spec.number_attributes) put_attribute(dataset.get(), name, value);
  return dataset;
}

void NetcdfWriter::become_dimension(Handle dataset, const VariableSpec& spec, std::size_t length) {
  check(H5DSset_scale(dataset.get(), spec.name.c_str()) >= 0, fmt::format("write the dimension '{}'", spec.name));
  dimensions_[spec.name] = {std::move(dataset), length};
}

template <typename Number>
void NetcdfWriter::add_number_dimension(const VariableSpec& spec, const std::vector<Number>& values) {
  Handle dataset = create(spec, {values.size()});
  const Handle type = hdf5::type_of(spec.dtype);
  check(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
        fmt::format("write '{}'", spec.name));
  become_dimension(std::move(dataset), spec, values.size());
}

void NetcdfWriter::add_dimension(const VariableSpec& spec, const std::vector<double>& values) {
  EIGENSWEEP_EXPECT(spec.dtype == "f64");
  add_number_dimension(spec, values);
}

void NetcdfWriter::add_dimension(const VariableSpec& spec, const std::vector<std::int64_t>& values) {
  EIGENSWEEP_EXPECT(spec.dtype == "i64");
  add_number_dimension(spec, values);
}

void NetcdfWriter::write_texts(hid_t dataset, const std::string& name, const std::vector<std::string>& values) {
  std::vector<std::string> texts;
  std::transform(values.begin(), values.end(), std::back_inserter(texts), as_utf8);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  const Handle type = hdf5::type_of("text");
  check(H5Dwrite(dataset, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) >= 0,
        fmt::format("write '{}'", name));
}

void NetcdfWriter::add_dimension(const VariableSpec& spec, const std::vector<std::string>& values) {
  EIGENSWEEP_EXPECT(spec.dtype == "text");
  Handle dataset = create(spec, {values.size()});
  write_texts(dataset.get(), spec.name, values);
  become_dimension(std::move(dataset), spec, values.size());
}

std::vector<hsize_t> NetcdfWriter::shape(const std::vector<std::string>& dims) const {
  std::vector<hsize_t> lengths;
  for (const std::string& dim : dims) lengths.push_back(dimensions_.at(dim).length);
  return lengths;
}

Handle NetcdfWriter::create_on_dimensions(const VariableSpec& spec) {
  Handle dataset = create(spec, shape(spec.dims));
  for (unsigned place = 0; place < spec.dims.size(); ++place)
    check(H5DSattach_scale(dataset.get(), dimensions_.at(spec.dims[place]).scale.get(), place) >= 0,
          fmt::format("write the dimensions of '{}'", spec.name));
  return dataset;
}

void NetcdfWriter::add_texts(const VariableSpec& spec, const std::vector<std::string>& values) {
  EIGENSWEEP_EXPECT(spec.dtype == "text" && values.size() == product(shape(spec.dims)));
  const Handle dataset = create_on_dimensions(spec);
  if (!values.empty()) write_texts(dataset.get(), spec.name, values);
}

void NetcdfWriter::add_numbers(const VariableSpec& spec, const FillRow& fill_row) {
  EIGENSWEEP_EXPECT(spec.dtype != "text" && !spec.dims.empty());
  const Handle dataset = create_on_dimensions(spec);
  const Handle type = hdf5::type_of(spec.dtype);
  const std::vector<hsize_t> lengths = shape(spec.dims);
  const std::size_t item = hdf5::size_of(spec.dtype);
  if (!spec.flags.empty()) put_flags(dataset.get(), spec);
  if (spec.has_fill) {
    const Handle scalar(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle fill(H5Acreate2(dataset.get(), "_FillValue", type.get(), scalar.get(), H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    check(H5Awrite(fill.get(), type.get(), filled(spec.dtype, item).data()) >= 0, fmt::format("write '{}'", spec.name));
  }
  const auto rows = static_cast<std::size_t>(lengths[0]);
  const std::size_t total = product(lengths);
  if (total == 0) return;
  const std::size_t row_bytes = total / rows * item;
  const std::size_t block = rows_per_block(rows, row_bytes);
  const Handle target(H5Dget_space(dataset.get()), H5Sclose);
  for (std::size_t first = 0; first < rows; first += block) {
    std::vector<hsize_t> start(lengths.size(), 0);
    std::vector<hsize_t> count = lengths;
    start[0] = first;
    count[0] = std::min(block, rows - first);
    std::vector<std::uint8_t> bytes = filled(spec.dtype, static_cast<std::size_t>(count[0]) * row_bytes);
    for (std::size_t row = 0; row < count[0]; ++row) fill_row(first + row, bytes.data() + row * row_bytes);
    const Handle source(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
    check(H5Sselect_hyperslab(target.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >= 0 &&
              H5Dwrite(dataset.get(), type.get(), source.get(), target.get(), H5P_DEFAULT, bytes.data()) >= 0,
          fmt::format("write '{}'", spec.name));
  }
}

void NetcdfWriter::finish() {
  for (auto& [name, dimension] : dimensions_) check(dimension.scale.reset(), fmt::format("close '{}'", name));
  check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0, "write it");
  check(file_.reset(), "close it");
}

}  // namespace eigensweep::results
