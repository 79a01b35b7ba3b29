// SPDX-License-Identifier: MIT
#include "idx.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "idx_file.hpp"
#include "scratch.hpp"

using namespace eigensweep;

namespace {

std::string message_of(const std::filesystem::path& path, int rank) {
  try {
    data::read_idx(path, rank);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

const std::string again = "; fetch this file again from where it came";

}  // namespace

TEST_CASE("an IDX file reads the same plain and gzipped") {
  const Scratch scratch;
  const std::string bytes = idx_bytes(0x803, {2, 1, 3}, std::string("\x00\x01\x02\x7f\x80\xff", 6));
  write_plain(scratch.path() / "plain", bytes);
  write_gzip(scratch.path() / "packed.gz", bytes);
  for (const char* name : {"plain", "packed.gz"}) {
    CHECK(data::read_idx_shape(scratch.path() / name, 3) == std::vector<std::int64_t>{2, 1, 3});
    const data::Idx idx = data::read_idx(scratch.path() / name, 3);
    CHECK(idx.shape == std::vector<std::int64_t>{2, 1, 3});
    CHECK(idx.bytes == std::vector<std::uint8_t>{0, 1, 2, 127, 128, 255});
  }
}

TEST_CASE("a broken IDX file is refused with its name and what is wrong") {
  const Scratch scratch;
  const auto path = scratch.path() / "file";
  const std::string at = path.string() + ": ";
  SECTION("missing") { CHECK(message_of(path, 1) == at + "cannot open: No such file or directory (error 2)"); }
  SECTION("a folder") {
    std::filesystem::create_directory(path);
    CHECK(message_of(path, 1) == at + "is a folder, not a file; give the file itself");
  }
  SECTION("a FIFO, which nobody writes") {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(message_of(path, 1) == at + "is a FIFO, not a file; give the file itself");
  }
  SECTION("empty") {
    write_plain(path, "");
    CHECK(message_of(path, 1) == at + "ends after 0 of its header's 8 bytes" + again);
  }
  SECTION("half a header") {
    write_plain(path, idx_bytes(0x803, {5}, ""));
    CHECK(message_of(path, 3) == at + "ends after 8 of its header's 16 bytes" + again);
  }
  SECTION("labels in place of images") {
    write_plain(path, idx_bytes(0x801, {1}, "a"));
    CHECK(message_of(path, 3) ==
          at + "starts with 0x00000801, not 0x00000803 (it is no IDX file of unsigned bytes in 3 dimensions)" + again);
  }
  SECTION("a web page in place of labels") {
    write_plain(path, "<html>not found</html>");
    CHECK(message_of(path, 1) ==
          at + "starts with 0x3c68746d, not 0x00000801 (it is no IDX file of unsigned bytes in 1 dimension)" + again);
  }
  SECTION("truncated") {
    write_plain(path, idx_bytes(0x801, {5}, "abc"));
    CHECK(message_of(path, 1) == at + "ends after 3 of the 5 bytes that its header promises (truncated)" + again);
  }
  SECTION("oversized") {
    write_gzip(path, idx_bytes(0x801, {2}, "abc"));
    CHECK(message_of(path, 1) == at + "goes on after the 2 bytes that its header promises" + again);
  }
  SECTION("a header that no file could fill") {
    write_plain(path, idx_bytes(0x803, {0xffffffff, 0xffffffff, 0xffffffff}, "abc"));
    CHECK(message_of(path, 3) ==
          at + "its header promises 4294967295 x 4294967295 x 4294967295 bytes (no such file is that large)" + again);
  }
  const std::string noise = [] {
    std::string text;
    for (int i = 0; i < 3000; ++i) text.push_back(static_cast<char>(i * i * 2654435761U >> 13));
    return text;
  }();
  SECTION("a gzip file that ends in the middle") {
    write_gzip(path, idx_bytes(0x801, {3000}, noise));
    const std::string whole = file::read(path);
    write_plain(path, whole.substr(0, whole.size() / 2));
    CHECK(message_of(path, 1) == at + "corrupt gzip file: unexpected end of file" + again);
  }
  SECTION("a gzip file with a flipped bit") {
    write_gzip(path, idx_bytes(0x801, {3000}, noise));
    std::string whole = file::read(path);
    whole[whole.size() - 6] ^= 1;  // in the stored check sum: the content itself still unpacks
    write_plain(path, whole);
    CHECK(message_of(path, 1) == at + "corrupt gzip file: incorrect data check" + again);
  }
}
