// SPDX-License-Identifier: MIT
#include "idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <numeric>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"

namespace eigensweep::data {
namespace {

constexpr std::uint32_t magic_of_bytes = 0x00000800;
constexpr std::int64_t most_bytes = std::int64_t{1} << 40;  // beyond this, a header is garbage
constexpr const char* advice = "; fetch this file again from where it came";

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path.string()) {
    // zlib opens a folder without an error and fails only when it reads, with a poorer message.
    file::expect_regular(path, "give the file itself");
    errno = 0;
    file_ = gzopen(path_.c_str(), "rb");
    if (file_ == nullptr) fail(fmt::format("cannot open: {}", file::system_message(errno == 0 ? ENOMEM : errno)));
    gzbuffer(file_, 1U << 17);
  }
  ~Reader() { gzclose(file_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[noreturn]] void fail(const std::string& what) const { throw DataError(fmt::format("{}: {}", path_, what)); }

  /// Reads up to `count` bytes; fewer only at the end of the file.
  std::int64_t read(std::uint8_t* out, std::int64_t count) {
    std::int64_t done = 0;
    while (done < count) {
      const auto piece = static_cast<unsigned>(std::min<std::int64_t>(count - done, 1 << 30));
      const int got = gzread(file_, out + done, piece);
      if (got < 0) fail_by_zlib();
      done += got;
      if (got < static_cast<int>(piece)) break;
    }
    return done;
  }
  /// Throws for a gzip file that ends in the middle: gzread() itself reports only a short read.
  void check_end() {
    int code = Z_OK;
    gzerror(file_, &code);
    if (code != Z_OK) fail_by_zlib();
  }

 private:
  [[noreturn]] void fail_by_zlib() {
    int code = Z_OK;
    std::string words = gzerror(file_, &code);
    // zlib puts the path, which our message has already, before its own words.
    if (words.starts_with(path_ + ": ")) words.erase(0, path_.size() + 2);
    if (code == Z_ERRNO) fail(fmt::format("cannot read: {}", file::system_message(errno)));
    fail(fmt::format("corrupt gzip file: {}{}", words, advice));
  }

  std::string path_;
  gzFile file_ = nullptr;
};

std::vector<std::int64_t> read_shape(Reader& reader, int rank) {
  std::vector<std::uint8_t> header(4 + 4 * static_cast<std::size_t>(rank));
  const auto wanted = static_cast<std::int64_t>(header.size());
  const std::int64_t got = reader.read(header.data(), wanted);
  const auto number = [&header](std::size_t at) {
    return std::uint32_t{header[at]} << 24 | std::uint32_t{header[at + 1]} << 16 | std::uint32_t{header[at + 2]} << 8 |
           std::uint32_t{header[at + 3]};
  };
  const std::uint32_t magic = magic_of_bytes + static_cast<std::uint32_t>(rank);
  if (got >= 4 && number(0) != magic) {
    reader.fail(
        fmt::format("starts with 0x{:08x}, not 0x{:08x} (it is no IDX file of unsigned bytes in {} dimension{}){}",
                    number(0), magic, rank, rank == 1 ? "" : "s", advice));
  }
  if (got < wanted) {
    reader.check_end();
    reader.fail(fmt::format("ends after {} of its header's {} bytes{}", got, wanted, advice));
  }
  std::vector<std::int64_t> shape;
  for (std::size_t i = 0; i < static_cast<std::size_t>(rank); ++i) shape.push_back(number(4 + 4 * i));
  return shape;
}

std::int64_t content_size(const Reader& reader, const std::vector<std::int64_t>& shape) {
  std::int64_t size = 1;
  for (const std::int64_t extent : shape) {
    if (extent > 0 && size > most_bytes / extent) {
      reader.fail(
          fmt::format("its header promises {} bytes (no such file is that large){}", fmt::join(shape, " x "), advice));
    }
    size *= extent;
  }
  return size;
}

}  // namespace

std::vector<std::int64_t> read_idx_shape(const std::filesystem::path& path, int rank) {
  Reader reader(path);
  return read_shape(reader, rank);
}

Idx read_idx(const std::filesystem::path& path, int rank) {
  Reader reader(path);
  Idx idx;
  idx.shape = read_shape(reader, rank);
  const std::int64_t size = content_size(reader, idx.shape);
  // Grows in steps, so that a broken header cannot claim more memory than the file fills.
  constexpr std::int64_t step = std::int64_t{1} << 26;
  std::int64_t got = 0;
  while (got < size) {
    const std::int64_t piece = std::min(step, size - got);
    idx.bytes.resize(static_cast<std::size_t>(got + piece));
    const std::int64_t read = reader.read(idx.bytes.data() + got, piece);
    got += read;
    if (read < piece) break;
  }
  if (got < size) {
    reader.check_end();
    reader.fail(fmt::format("ends after {} of the {} bytes that its header promises (truncated){}", got, size, advice));
  }
  std::uint8_t beyond = 0;
  if (reader.read(&beyond, 1) != 0) {
    reader.fail(fmt::format("goes on after the {} bytes that its header promises{}", size, advice));
  }
  reader.check_end();
  return idx;
}

}  // namespace eigensweep::data
