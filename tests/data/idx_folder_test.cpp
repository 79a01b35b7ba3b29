// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "idx_file.hpp"
#include "loaded.hpp"
#include "scratch.hpp"

using namespace eigensweep;

namespace {

Json asked(const std::filesystem::path& folder, int classes = 3) {
  return {{"kind", "idx_folder"}, {"folder", folder.string()}, {"classes", classes}};
}

void write_images(const std::filesystem::path& folder, std::uint32_t test_height = 3) {
  write_gzip(folder / "train-images-idx3-ubyte.gz", idx_bytes(0x803, {2, 3, 5}, std::string(30, '\x07')));
  write_plain(folder / "train-labels-idx1-ubyte", idx_bytes(0x801, {2}, std::string("\x00\x02", 2)));
  write_plain(folder / "t10k-images-idx3-ubyte",
              idx_bytes(0x803, {1, test_height, 5}, std::string(5 * test_height, '\x09')));
  write_plain(folder / "t10k-labels-idx1-ubyte", idx_bytes(0x801, {1}, "\x01"));
}

}  // namespace

TEST_CASE("images of any size are read from four IDX files") {
  const Scratch scratch;
  write_images(scratch.path());
  const data::Dataset set = loaded(asked(scratch.path()));
  CHECK(set.info.input_shape == std::vector<std::int64_t>{1, 3, 5});
  CHECK(set.info.classes == 3);
  CHECK(set.train.images == std::vector<std::uint8_t>(30, 7));
  CHECK(set.train.labels == std::vector<std::int64_t>{0, 2});
  CHECK(set.test.labels == std::vector<std::int64_t>{1});
}

TEST_CASE("IDX files that do not belong together, or labels beyond the classes, are refused") {
  const Scratch scratch;
  CHECK_THROWS_WITH(loaded(asked(scratch.path() / "none")),
                    (scratch.path() / "none").string() + ": no such folder; correct /dataset/folder");
  write_images(scratch.path(), 4);
  CHECK_THROWS_WITH(loaded(asked(scratch.path())), (scratch.path() / "t10k-images-idx3-ubyte").string() +
                                                       ": its images are 4 x 5, those of " +
                                                       (scratch.path() / "train-images-idx3-ubyte.gz").string() +
                                                       " are 3 x 5; take all files from one source");
  write_images(scratch.path());
  CHECK_THROWS_WITH(loaded(asked(scratch.path(), 2)),
                    (scratch.path() / "train-labels-idx1-ubyte").string() +
                        ": label 2 of sample 1 is out of range (0 to 1); fetch this file again");
}
