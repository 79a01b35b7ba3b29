// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace eigensweep::data {

/// Reads IDX, the format of MNIST and its kin: big-endian magic number 0x000008DD (08: unsigned bytes; DD: number of
/// dimensions), the dimensions as 32-bit numbers, then the bytes, row-major. Plain or gzip, told apart by content.
/// Source: http://yann.lecun.com/exdb/mnist.
///
/// Throws DataError (one line, naming the file): missing, unreadable, wrong magic number, truncated, oversized, corrupt
/// gzip.
struct Idx {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;
};

/// Reads only the header: `rank` dimensions.
std::vector<std::int64_t> read_idx_shape(const std::filesystem::path& path, int rank);
/// Reads the whole file and checks that it ends where the header says.
Idx read_idx(const std::filesystem::path& path, int rank);

}  // namespace eigensweep::data
