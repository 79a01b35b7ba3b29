// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/wire/fields.hpp"

namespace eigensweep::wire {

/// A dense row-major array of numbers, sent and stored as little-endian bytes.
struct Array {
  std::string dtype = "f64";  ///< "f64", "f32", "i64"
  std::vector<std::int64_t> shape;
  Bytes bytes;

  static Array of(const std::vector<double>& values);  ///< f64, one dimension
  static Array of(const std::vector<double>& values, std::vector<std::int64_t> shape);
  static Array integers(const std::vector<std::int64_t>& values);  ///< i64, one dimension
  static Array scalar(double value);                               ///< f64, no dimension
  /// Number of elements. Throws DataError on an unknown dtype.
  [[nodiscard]] std::size_t size() const;
  /// The values as double, row-major. Throws DataError if bytes and shape do not match.
  [[nodiscard]] std::vector<double> values() const;

  static constexpr auto fields() {
    return std::tuple(field("dtype", &Array::dtype), field("shape", &Array::shape), field("bytes", &Array::bytes));
  }
  bool operator==(const Array&) const = default;
};
/// Also throws DataError when the bytes do not fill the shape.
void from_value(const Json& json, Array& array, const Where& where);

enum class Status : std::uint8_t {
  missing = 0,  ///< not done yet
  ok = 1,
  failed = 2,   ///< crashed, ran out of memory or hung, also in a retry; the next run tries again
  diverged = 3  ///< a number is not finite, or a matrix cannot be factorised; never retried
};
std::string to_string(Status status);

enum class RecordKind : std::uint8_t { training = 1, evaluation = 2 };

// Ledgers store both as numbers.
Json to_value(Status status);
Json to_value(RecordKind kind);
void from_value(const Json& json, Status& status, const Where& where);
void from_value(const Json& json, RecordKind& kind, const Where& where);

/// What can be read of a record without decoding all of it.
struct RecordHeader {
  RecordKind kind = RecordKind::training;
  std::string trial;       ///< trial id
  std::string evaluation;  ///< evaluation id; "" for a training record
  Status status = Status::ok;
  std::string message;  ///< one line: why it diverged or failed, or a remark on a record that is ok; "" if none

  static constexpr auto fields() {
    return std::tuple(field("kind", &RecordHeader::kind), field("trial", &RecordHeader::trial),
                      field("evaluation", &RecordHeader::evaluation), field("status", &RecordHeader::status),
                      field("message", &RecordHeader::message));
  }
  bool operator==(const RecordHeader&) const = default;
};

/// An entry of the ledger: one finished training, or one finished evaluation of one trained network.
struct Record : RecordHeader {
  std::vector<double> intensities;       ///< attacks: one for each index of the first dimension of every column
  std::map<std::string, Array> columns;  ///< by Column::name; training: the columns of "history"
  Json provenance = Json::object();      ///< host, device, versions, pack, lane, seconds, warnings, model_sha256 ...

  static constexpr auto fields() {
    return std::tuple_cat(RecordHeader::fields(),
                          std::tuple(field("strengths", &Record::intensities), field("columns", &Record::columns),
                                     field("provenance", &Record::provenance)));
  }
  bool operator==(const Record&) const = default;
};

Bytes encode(const Record& record);
/// Throws DataError when the bytes are not a record.
Record decode_record(const Bytes& bytes);

/// An encoded record with a copy of its header. The worker makes both; supervisors and rank 0 pass the bytes on to the
/// ledger unread, because with a million trials rank 0 has no time to decode every record.
struct EncodedRecord : RecordHeader {
  static constexpr const char* type = "record";
  Bytes bytes;  ///< encode(Record)
};

EncodedRecord encoded(const Record& record);
}  // namespace eigensweep::wire
