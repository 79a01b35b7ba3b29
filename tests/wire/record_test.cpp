// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/wire/record.hpp"
#include "sample_record.hpp"

using namespace eigensweep;
using namespace eigensweep::wire;

TEST_CASE("a record comes back bit for bit, NaN and infinities included") {
  const Record record = sample_record("0123456789abcdef");
  CHECK(decode_record(encode(record)) == record);
  Record diverged;
  diverged.kind = RecordKind::training;
  diverged.trial = "0123456789abcdef";
  diverged.status = Status::diverged;
  diverged.message = "loss is not finite at step 3 (ε = 0.1)";
  CHECK(decode_record(encode(diverged)) == diverged);
}

TEST_CASE("a record's bytes are those of every ledger that was ever written") {
  const auto sha256 = [](const Record& record) {
    const std::vector<std::uint8_t> bytes = encode(record);
    return hash::sha256(std::string(bytes.begin(), bytes.end()));
  };
  CHECK(sha256(sample_record("0123456789abcdef")) ==
        "6f4d6fad2744110c6688456ce9d8bc646b563bb572255b1cd0eb4d314a20d871");
  CHECK(sha256(Record{}) == "b281b1fd4b0a09f5f289e91ed51700e066da163c4c795ba88eba579478e7ee29");
}

TEST_CASE("intensities keep NaN, infinities and the last bit") {
  Record record = sample_record("t");
  record.intensities = {0.1, 1.0 / 3, std::nan(""), HUGE_VAL, -HUGE_VAL, -0.0, 1e-310};
  const Record back = decode_record(encode(record));
  REQUIRE(back.intensities.size() == record.intensities.size());
  for (std::size_t i = 0; i < record.intensities.size(); ++i) {
    if (std::isnan(record.intensities[i]))
      CHECK(std::isnan(back.intensities[i]));
    else
      CHECK(std::signbit(back.intensities[i]) == std::signbit(record.intensities[i]));
    if (!std::isnan(record.intensities[i])) CHECK(back.intensities[i] == record.intensities[i]);
  }
}

TEST_CASE("an array knows its size and its values") {
  CHECK(Array::scalar(2.5).values() == std::vector<double>{2.5});
  CHECK(Array::scalar(2.5).shape.empty());
  CHECK(Array::of(std::vector<double>{}).values().empty());
  CHECK(Array::of({1, 2, 3, 4}, {2, 2}).size() == 4);
  CHECK(Array{"f32", {1}, {0, 0, 0x80, 0x3f}}.values() == std::vector<double>{1});
  CHECK(Array{"i64", {1}, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}.values() == std::vector<double>{-2});
}

TEST_CASE("an array whose bytes do not fill its shape is refused") {
  CHECK_THROWS_WITH(Array::of({1, 2, 3}, {2, 2}), "array: 24 bytes do not fill the shape [2, 2] of type 'f64'");
  CHECK_THROWS_AS((Array{"f64", {-1}, {}}.values()), DataError);
  CHECK_THROWS_AS((Array{"f64", {1LL << 62, 1LL << 62}, {}}.values()), DataError);
  CHECK_THROWS_WITH((Array{"f16", {}, {}}.values()), "array: unknown number type 'f16'; known are 'f64', 'f32', 'i64'");
}

TEST_CASE("a fraction where an integer belongs is refused, even one beyond all integers") {
  Json json = Json::from_cbor(encode(sample_record("t")));
  json["kind"] = 7.2e22;
  CHECK_THROWS_WITH(decode_record(Json::to_cbor(json)), "record: kind 7.2e+22 is unknown");
  json["kind"] = 2;
  json["columns"]["count"]["shape"] = {1.8e22};
  CHECK_THROWS_WITH(decode_record(Json::to_cbor(json)),
                    "record: columns.count.shape[0] must be an integer, not 1.8e+22");
}

TEST_CASE("an encoded record has the header of its record beside its bytes") {
  const Record record = sample_record("t");
  const EncodedRecord taken = encoded(record);
  const RecordHeader& header = record;
  CHECK(taken == header);
  CHECK(taken.bytes == encode(record));
}

TEST_CASE("every status has its word") {
  CHECK(to_string(Status::missing) == "missing");
  CHECK(to_string(Status::ok) == "ok");
  CHECK(to_string(Status::failed) == "failed");
  CHECK(to_string(Status::diverged) == "diverged");
}

TEST_CASE("bytes that are no record throw DataError, whatever they are") {
  const std::vector<std::uint8_t> good = encode(sample_record("t"));
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_THROWS_AS(decode_record({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}), DataError);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::vector<std::uint8_t> bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    try {
      decode_record(bad);  // may still be a valid record with another value, which only the ledger's checksum detects
    } catch (const DataError&) {
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> bytes(random() % 64);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    CHECK_THROWS_AS(decode_record(bytes), DataError);
  }
  CHECK_THROWS_AS(decode_record(std::vector<std::uint8_t>(10'000'000, 0x81)), DataError);  // deeply nested arrays
}
