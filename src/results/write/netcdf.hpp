// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/hdf5/hdf5.hpp"

namespace eigensweep::results {

/// A variable to be written. Its name may hold groups, which must exist already: "attacks/robust_accuracy".
struct VariableSpec {
  std::string name;
  std::vector<std::string> dims;
  std::string dtype = "f64";  ///< "f64", "f32", "i64", "i8", "text"
  std::string unit{};
  std::string description{};
  std::vector<std::pair<std::string, std::string>> attributes{};
  std::vector<std::pair<std::string, double>> number_attributes{};
  std::vector<std::pair<std::int8_t, std::string>> flags{};  ///< of "i8": value and word
  bool has_fill = true;  ///< declares a fill value for missing numbers; xarray then reads integers as floats
};

/// Writes an HDF5 file that netCDF-4 readers accept: its dimensions have names, and each has a variable of its name.
/// Every function throws file::WriteError with HDF5's words.
class NetcdfWriter {
 public:
  /// `known_as`: the name that messages give to the file.
  NetcdfWriter(const std::filesystem::path& file, std::filesystem::path known_as);

  void add_group(const std::string& name);
  /// Attributes of the group of that name; "/" is the root.
  void set_attribute(const std::string& group, const std::string& name, const std::string& value);
  void set_attribute(const std::string& group, const std::string& name, std::int64_t value);

  /// A dimension in the root, with its values.
  void add_dimension(const VariableSpec& spec, const std::vector<double>& values);
  void add_dimension(const VariableSpec& spec, const std::vector<std::int64_t>& values);
  void add_dimension(const VariableSpec& spec, const std::vector<std::string>& values);

  void add_texts(const VariableSpec& spec, const std::vector<std::string>& values);
  /// A variable of numbers, row by row along its first dimension: `fill_row(row, bytes)` writes the row's numbers over
  /// `bytes`, which hold the fill value throughout: NaN, or -1 for integers.
  using FillRow = std::function<void(std::size_t row, std::uint8_t* bytes)>;
  void add_numbers(const VariableSpec& spec, const FillRow& fill_row);

  [[nodiscard]] std::vector<hsize_t> shape(const std::vector<std::string>& dims) const;
  /// Flushes and closes the file. Nothing more may be written after it.
  void finish();

 private:
  struct Dimension {
    hdf5::Handle scale;
    std::size_t length = 0;
  };

  hdf5::Handle create(const VariableSpec& spec, const std::vector<hsize_t>& shape);
  hdf5::Handle create_on_dimensions(const VariableSpec& spec);
  template <typename Number>
  void add_number_dimension(const VariableSpec& spec, const std::vector<Number>& values);
  void become_dimension(hdf5::Handle dataset, const VariableSpec& spec, std::size_t length);
  void write_texts(hid_t dataset, const std::string& name, const std::vector<std::string>& values);
  void put_attribute(hid_t object, const std::string& name, const std::string& value);
  void put_attribute(hid_t object, const std::string& name, double value);
  void put_flags(hid_t dataset, const VariableSpec& spec);
  void check(bool good, const std::string& what) const;

  std::filesystem::path path_;
  hdf5::Handle file_;
  std::map<std::string, Dimension> dimensions_;
};

}  // namespace eigensweep::results
