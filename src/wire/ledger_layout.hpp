// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "eigensweep/wire/ledger.hpp"

/// The bytes of a ledger (docs/formats.md), for its reader and its writer.
namespace eigensweep::wire::ledger_layout {

inline constexpr std::string_view magic{"eigensweep-ledger\0\0\0", 20};
inline constexpr std::size_t header_size = 24;
/// Like PNG's signature: a byte above 127 and line ends, so that no text contains it.
inline constexpr std::array<std::uint8_t, 4> marker{0x89, 'R', '\r', '\n'};
inline constexpr std::size_t prefix_size = 12;  // marker, length, checksum

inline void put(Bytes& bytes, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

inline std::uint32_t get(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

/// CRC-32 over length and payload, so that a wrong length is detected too.
inline std::uint32_t checksum(const std::uint8_t* length, const std::uint8_t* payload, std::size_t count) {
  uLong sum = ::crc32(0, length, 4);
  return static_cast<std::uint32_t>(::crc32_z(sum, payload, count));
}

inline Bytes header() {
  Bytes bytes(magic.begin(), magic.end());
  put(bytes, ledger_version);
  return bytes;
}

/// What a reader finds in a whole file.
struct LedgerScan {
  LedgerReport report;
  std::uint64_t end = 0;  ///< offset for the next record; 0: the header must be written first
};

/// Reads as read_ledger() does.
LedgerScan scan_ledger(const std::filesystem::path& file, const std::function<void(Record&&)>& on_record);

}  // namespace eigensweep::wire::ledger_layout
