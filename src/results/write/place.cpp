// SPDX-License-Identifier: MIT
#include "place.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "eigensweep/hdf5/hdf5.hpp"

namespace eigensweep::results {
namespace {

template <typename Number>
Number number_at(const std::uint8_t* bytes) {
  Number number{};
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

template <typename To, typename From>
To converted(From value) {
  if constexpr (std::is_floating_point_v<From> && !std::is_floating_point_v<To>) {
    // -1 stands for an integer that is not there.
    return std::isfinite(value) ? static_cast<To>(std::llround(value)) : To{-1};
  }
  return static_cast<To>(value);
}

template <typename To>
void convert_run(const wire::Array& array, std::size_t first, std::size_t count, std::uint8_t* bytes) {
  for (std::size_t i = 0; i < count; ++i) {
    To value{};
    if (array.dtype == "f32") {
      value = converted<To>(number_at<float>(array.bytes.data() + 4 * (first + i)));
    } else if (array.dtype == "i64") {
      value = converted<To>(number_at<std::int64_t>(array.bytes.data() + 8 * (first + i)));
    } else {
      value = converted<To>(number_at<double>(array.bytes.data() + 8 * (first + i)));
    }
    std::memcpy(bytes + i * sizeof value, &value, sizeof value);
  }
}

/// A run of neighbours, from item `first` of the array.
void copy_run(const wire::Array& array, std::size_t first, std::size_t count, const std::string& dtype,
              std::uint8_t* bytes) {
  const std::size_t item = hdf5::size_of(dtype);
  if (array.dtype == dtype) {
    std::memcpy(bytes, array.bytes.data() + first * item, count * item);
  } else if (dtype == "f32") {
    convert_run<float>(array, first, count, bytes);
  } else if (dtype == "i64") {
    convert_run<std::int64_t>(array, first, count, bytes);
  } else {
    convert_run<double>(array, first, count, bytes);
  }
}

struct Copy {
  const wire::Array& array;
  const std::vector<std::size_t>& target;
  const std::string& dtype;
  std::size_t skipped;  ///< leading dimensions of the array

  void run(std::size_t dim, std::size_t first, std::uint8_t* bytes) const {
    if (dim == target.size()) return copy_run(array, first, 1, dtype, bytes);
    const auto extent = static_cast<std::size_t>(array.shape[skipped + dim]);
    const std::size_t count = std::min(extent, target[dim]);
    if (dim + 1 == target.size()) return copy_run(array, first * extent, count, dtype, bytes);
    std::size_t stride = hdf5::size_of(dtype);
    for (std::size_t inner = dim + 1; inner < target.size(); ++inner) stride *= target[inner];
    for (std::size_t i = 0; i < count; ++i) run(dim + 1, first * extent + i, bytes + i * stride);
  }
};

}  // namespace

bool place_array(const wire::Array& array, const std::vector<std::size_t>& leading,
                 const std::vector<std::size_t>& target, const std::string& dtype, std::uint8_t* bytes) {
  const bool is_one_number = target.empty() && leading.empty() && array.size() == 1;
  if (!is_one_number && array.shape.size() != leading.size() + target.size()) return false;
  std::size_t first = 0;
  for (std::size_t i = 0; i < leading.size(); ++i) {
    const auto extent = static_cast<std::size_t>(array.shape[i]);
    if (leading[i] >= extent) return false;
    first = first * extent + leading[i];
  }
  if (array.size() == 0) return true;
  Copy{array, target, dtype, leading.size()}.run(0, first, bytes);
  return true;
}

}  // namespace eigensweep::results
