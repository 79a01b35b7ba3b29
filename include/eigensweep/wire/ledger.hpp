// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "eigensweep/wire/record.hpp"

namespace eigensweep::wire {

/// File format: 17 bytes "eigensweep-ledger", 3 zero bytes, a version (u32); then records: a marker (4 bytes), the
/// payload's length (u32), the CRC-32 of length and payload (u32), the payload (CBOR, wire::encode). All little-endian.
/// With the marker a reader finds the next record after a damaged length.
inline constexpr std::uint32_t ledger_version = 1;

/// Whether a file begins with the bytes of a ledger, of any version. False if it cannot be read.
bool begins_as_ledger(const std::filesystem::path& file);

/// What reading a ledger found.
struct LedgerReport {
  std::size_t records = 0;
  std::size_t damaged = 0;       ///< records, or ranges of bytes, that were skipped as damaged
  std::uint64_t torn_bytes = 0;  ///< size of an incomplete record at the end (its writer was killed), skipped
};

/// Reads every whole record, in order. A missing file counts as an empty ledger. A damaged record is skipped and
/// counted; its trial runs again. Throws DataError if the file cannot be read, is not a ledger or has another version.
LedgerReport read_ledger(const std::filesystem::path& file, const std::function<void(Record&&)>& on_record);

/// The durable list of finished work: an append-only file with a CRC-32 per record.
class Ledger {
 public:
  /// Opens the file for appending. Creates it if it is missing, and cuts off an incomplete record at its end. Only one
  /// writer may exist: the caller holds the lock of the output folder. Throws SystemError, DataError.
  explicit Ledger(const std::filesystem::path& file);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// Appends the records and syncs the file once (fdatasync): after it returns, they survive a crash of the process or
  /// the machine. On an error (disk full) it restores the old length of the file and throws SystemError; the caller may
  /// retry.
  void append(const std::vector<Record>& records);
  void append_encoded(const std::vector<EncodedRecord>& records);

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
  std::uint64_t end_ = 0;
};

}  // namespace eigensweep::wire
