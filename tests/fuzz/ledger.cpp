// SPDX-License-Identifier: MIT
// Ledgers: any file is read to its end or refused with a DataError; a writer can go on with what was read, and loses
// nothing of it.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/ledger.hpp"
#include "fuzz.hpp"
#include "memory_file.hpp"

using namespace eigensweep;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Gives every stretch behind a marker the checksum that it lacks: chance would never find one.
void repair_checksums(Bytes& bytes) {
  constexpr std::array<std::uint8_t, 4> marker{0x89, 'R', '\r', '\n'};
  constexpr std::size_t prefix = 12;
  for (std::size_t at = 0; at + prefix <= bytes.size(); ++at) {
    if (!std::equal(marker.begin(), marker.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at))) continue;
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length |= static_cast<std::size_t>(bytes[at + 4 + i]) << (8 * i);
    if (length > bytes.size() - at - prefix) continue;
    uLong sum = ::crc32(0, bytes.data() + at + 4, 4);
    sum = ::crc32_z(sum, bytes.data() + at + prefix, length);
    for (std::size_t i = 0; i < 4; ++i) bytes[at + 8 + i] = static_cast<std::uint8_t>(sum >> (8 * i));
  }
}

}  // namespace

/// An odd first byte asks for right checksums; the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count == 0) return 0;
  Bytes content(bytes + 1, bytes + count);
  if (bytes[0] % 2 == 1) repair_checksums(content);
  const fuzz::MemoryFile file(std::string_view(reinterpret_cast<const char*>(content.data()), content.size()));
  try {
    std::vector<wire::Record> records;
    const auto keep = [&](wire::Record&& record) { records.push_back(std::move(record)); };
    const wire::LedgerReport before = wire::read_ledger(file.path(), keep);
    fuzz::require(before.records == records.size(), "the report counts what was read");
    wire::Record more;
    more.trial = "one more";
    wire::Ledger(file.path()).append({more});
    std::vector<wire::Record> after;
    const wire::LedgerReport report =
        wire::read_ledger(file.path(), [&](wire::Record&& record) { after.push_back(std::move(record)); });
    fuzz::require(report.torn_bytes == 0, "a writer cuts off the torn end");
    fuzz::require(report.damaged == before.damaged, "a writer adds no damage");
    fuzz::require(after.size() == records.size() + 1 && after.back() == more, "a writer adds its record");
  } catch (const DataError&) {  // NOLINT(bugprone-empty-catch): no ledger, or of another version
  }
  return 0;
}
