// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "idx_file.hpp"
#include "loaded.hpp"
#include "scratch.hpp"

using namespace eigensweep;

namespace {

constexpr std::size_t record = 3073;
const std::vector<std::string> names{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                     "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};

// Record i of file f: label (i + f) % 10, then 3072 bytes of value (i + f) % 251.
std::string records(std::size_t file) {
  std::string bytes;
  for (std::size_t i = 0; i < 10000; ++i) {
    bytes.push_back(static_cast<char>((i + file) % 10));
    bytes.append(record - 1, static_cast<char>((i + file) % 251));
  }
  return bytes;
}

Json asked(const std::filesystem::path& folder, int train, int test) {
  return {{"kind", "cifar10"}, {"folder", folder.string()}, {"train_samples", train}, {"test_samples", test}};
}

std::string complaint(const Json& options) {
  try {
    loaded(options);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("CIFAR-10 is read across its files, and broken files are refused") {
  const Scratch scratch;
  for (std::size_t file = 0; file < names.size(); ++file) write_plain(scratch.path() / names[file], records(file));
  const data::Dataset set = loaded(asked(scratch.path(), 10002, 3));
  CHECK(set.info.input_shape == std::vector<std::int64_t>{3, 32, 32});
  CHECK(set.train.labels[9999] == 9);
  CHECK(set.train.labels[10000] == 1);  // the second file's first
  CHECK(set.train.images[std::size_t{10001} * 3072 + 3071] == 2);
  CHECK(set.test.labels == std::vector<std::int64_t>{5, 6, 7});
  CHECK(loaded(asked(scratch.path(), 0, 0)).info.train_samples == 50000);

  CHECK(complaint(asked(scratch.path(), 50001, 0)) ==
        scratch.path().string() +
            ": holds 50000 images, fewer than train_samples 50001 asks for; ask for fewer, or 0 for all");
  const auto file = scratch.path() / "data_batch_2.bin";
  std::string bytes = records(1);
  bytes[record * 7] = 10;
  write_plain(file, bytes);
  CHECK(complaint(asked(scratch.path(), 0, 0)) ==
        file.string() + ": label 10 of sample 7 is out of range (0 to 9); fetch this file again");
  for (const std::size_t length : {std::size_t{0}, std::size_t{100}, bytes.size() - 1, bytes.size() + 1}) {
    std::string other = records(1);
    other.resize(length);
    write_plain(file, other);
    CHECK(complaint(asked(scratch.path(), 0, 0)) ==
          fmt::format("{}: has {} bytes, not the 30730000 of 10,000 records; fetch this file again", file.string(),
                      length));
  }
  std::filesystem::remove(file);
  CHECK(complaint(asked(scratch.path(), 0, 0)) ==
        file.string() +
            ": no such file (one of the six of CIFAR-10's binary version); put it there or correct /dataset/folder");
}
