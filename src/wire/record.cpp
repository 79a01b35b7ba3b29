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

Json array_to_json(const Array& array) {
  return {{"dtype", array.dtype}, {"shape", array.shape}, {"bytes", Json::binary(array.bytes)}};
}

Array array_from_json(const Json& json) {
  Array array;
  array.dtype = json.at("dtype").get_ref<const std::string&>();
  for (const Json& extent : json.at("shape").get_ref<const Json::array_t&>()) {
    // A fraction beyond the integers cannot even be converted.
    if (!extent.is_number_integer())
      throw DataError(fmt::format("array: an extent is {}, not an integer", extent.dump()));
    array.shape.push_back(extent.get<std::int64_t>());
  }
  array.bytes = json.at("bytes").get_binary();
  check(array);
  return array;
}

template <typename Enum>
Enum enum_from_json(const Json& json, int first, int last, const char* what) {
  const auto value = json.is_number_integer() ? json.get<std::int64_t>() : first - 1;
  if (value < first || value > last) throw DataError(fmt::format("record: {} {} is unknown", what, json.dump()));
  return static_cast<Enum>(value);
}

Record from_json(const Json& json) {
  Record record;
  record.kind = enum_from_json<RecordKind>(json.at("kind"), 1, 2, "kind");
  record.trial = json.at("trial").get_ref<const std::string&>();
  record.evaluation = json.at("evaluation").get_ref<const std::string&>();
  record.status = enum_from_json<Status>(json.at("status"), 0, 3, "status");
  record.message = json.at("message").get_ref<const std::string&>();
  record.strengths = json.at("strengths").get<std::vector<double>>();
  for (const auto& [name, column] : json.at("columns").get_ref<const Json::object_t&>())
    record.columns.emplace(name, array_from_json(column));
  record.provenance = json.at("provenance");
  return record;
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

std::vector<std::uint8_t> encode(const Record& record) {
  Json columns = Json::object();
  for (const auto& [name, column] : record.columns) columns[name] = array_to_json(column);
  return Json::to_cbor({{"kind", static_cast<int>(record.kind)},
                        {"trial", record.trial},
                        {"evaluation", record.evaluation},
                        {"status", static_cast<int>(record.status)},
                        {"message", record.message},
                        {"strengths", record.strengths},
                        {"columns", std::move(columns)},
                        {"provenance", record.provenance}});
}

Record decode_record(const std::vector<std::uint8_t>& bytes) {
  const Json json = parse_cbor(bytes.data(), bytes.size(), "record");
  try {
    return from_json(json);
  } catch (const Json::exception& error) {
    throw DataError(fmt::format("record: a field is missing or of the wrong kind: {}", error.what()));
  }
}

EncodedRecord encoded(const Record& record) {
  return {record.kind, record.trial, record.evaluation, record.status, record.message, encode(record)};
}

void describe_record(Json& message) {
  const auto bytes = message.find("record");
  if (bytes == message.end() || !bytes->is_binary()) throw DataError("record: the message has no bytes of one");
  const Record record = decode_record(bytes->get_binary());
  message["kind"] = static_cast<int>(record.kind);
  message["trial"] = record.trial;
  message["evaluation"] = record.evaluation;
  message["status"] = static_cast<int>(record.status);
  message["message"] = record.message;
}

void detach_record(Json& message, std::vector<std::uint8_t>& all) {
  const std::vector<std::uint8_t>& bytes = message.at("record").get_binary();
  const std::size_t count = bytes.size();
  all.insert(all.end(), bytes.begin(), bytes.end());
  message["record"] = count;
}

std::size_t attach_record(Json& message, const std::vector<std::uint8_t>& all, std::size_t place) {
  const auto found = message.find("record");
  if (found == message.end() || !found->is_number_unsigned())
    throw DataError("record: its message does not say how long it is");
  const auto count = found->get<std::size_t>();
  if (place > all.size() || count > all.size() - place) throw DataError("record: its message ends before it does");
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(place);
  *found = Json::binary({begin, begin + static_cast<std::ptrdiff_t>(count)});
  return place + count;
}

EncodedRecord take_record(Json& message) {
  try {
    EncodedRecord record;
    record.kind = enum_from_json<RecordKind>(message.at("kind"), 1, 2, "kind");
    record.trial = message.at("trial").get_ref<const std::string&>();
    record.evaluation = message.at("evaluation").get_ref<const std::string&>();
    record.status = enum_from_json<Status>(message.at("status"), 0, 3, "status");
    record.message = message.at("message").get_ref<const std::string&>();
    record.bytes = std::move(message.at("record").get_binary());
    return record;
  } catch (const Json::exception& error) {
    throw DataError(fmt::format("record: its message lacks a field: {}", error.what()));
  }
}

}  // namespace eigensweep::wire
