// SPDX-License-Identifier: MIT
#include "eigensweep/wire/record.hpp"

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/frame.hpp"

namespace eigensweep::wire {

static_assert(std::endian::native == std::endian::little, "arrays travel as the host's bytes, which are little-endian");

namespace {

std::size_t item_size(const std::string& dtype) {
  if (dtype == "f64" || dtype == "i64") return 8;
  if (dtype == "f32") return 4;
  throw DataError(fmt::format("array: unknown number type '{}'; known are 'f64', 'f32', 'i64'", dtype));
}

template <typename Number>
std::vector<double> widened(const std::vector<std::uint8_t>& bytes) {
  std::vector<Number> numbers(bytes.size() / sizeof(Number));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(Number));
  return {numbers.begin(), numbers.end()};
}

void check(const Array& array) {
  const std::size_t item = item_size(array.dtype);
  const auto limit = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()) / item;
  std::size_t count = 1;
  bool is_possible = true;
  for (const std::int64_t signed_extent : array.shape) {
    const auto extent = static_cast<std::size_t>(signed_extent);
    is_possible = is_possible && signed_extent >= 0 && (extent == 0 || count <= limit / extent);
    if (is_possible) count *= extent;
  }
  if (!is_possible || count * item != array.bytes.size())
    throw DataError(fmt::format("array: {} bytes do not fill the shape [{}] of type '{}'", array.bytes.size(),
                                fmt::join(array.shape, ", "), array.dtype));
}

template <typename Enum>
void enum_from(const Json& json, Enum& value, int first, int last, const Where& where) {
  const auto number = json.is_number_integer() ? json.get<std::int64_t>() : first - 1;
  if (number < first || number > last) where.refuse(fmt::format("{} is unknown", json_text(json)));
  value = static_cast<Enum>(number);
}

}  // namespace

Array Array::of(const std::vector<double>& values) { return of(values, {static_cast<std::int64_t>(values.size())}); }

Array Array::of(const std::vector<double>& values, std::vector<std::int64_t> shape) {
  Array array;
  array.shape = std::move(shape);
  array.bytes.resize(values.size() * sizeof(double));
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  check(array);
  return array;
}

Array Array::integers(const std::vector<std::int64_t>& values) {
  Array array;
  array.dtype = "i64";
  array.shape = {static_cast<std::int64_t>(values.size())};
  array.bytes.resize(values.size() * sizeof(std::int64_t));
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return array;
}

Array Array::scalar(double value) { return of({value}, {}); }

std::size_t Array::size() const { return bytes.size() / item_size(dtype); }

std::vector<double> Array::values() const {
  check(*this);
  if (dtype == "f32") return widened<float>(bytes);
  if (dtype == "i64") return widened<std::int64_t>(bytes);
  return widened<double>(bytes);
}

std::string to_string(Status status) {
  switch (status) {
    case Status::missing:
      return "missing";
    case Status::ok:
      return "ok";
    case Status::failed:
      return "failed";
    case Status::diverged:
      return "diverged";
  }
  throw ContractViolation(fmt::format("status {} is unknown", static_cast<int>(status)));
}

Json to_value(Status status) { return static_cast<int>(status); }
Json to_value(RecordKind kind) { return static_cast<int>(kind); }

void from_value(const Json& json, Status& status, const Where& where) { enum_from(json, status, 0, 3, where); }
void from_value(const Json& json, RecordKind& kind, const Where& where) { enum_from(json, kind, 1, 2, where); }

void from_value(const Json& json, Array& array, const Where& where) {
  from_value<Array>(json, array, where);
  check(array);
}

Bytes encode(const Record& record) { return Json::to_cbor(to_value(record)); }

Record decode_record(const Bytes& bytes) {
  Record record;
  from_value(parse_cbor(bytes.data(), bytes.size(), "record"), record, Where("record"));
  return record;
}

EncodedRecord encoded(const Record& record) {
  const RecordHeader& header = record;
  return {header, encode(record)};
}

}  // namespace eigensweep::wire
