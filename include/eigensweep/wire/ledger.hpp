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
/// The marker lets a reader find the next record behind a damaged length.
inline constexpr std::uint32_t ledger_version = 1;

/// Whether a file begins as every ledger does, of whatever version. False if it cannot be read.
bool begins_as_ledger(const std::filesystem::path& file);

/// What reading a ledger found.
struct LedgerReport {
  std::size_t records = 0;
  std::size_t damaged = 0;       ///< records (or stretches of them) whose checksum did not hold, left out
  std::uint64_t torn_bytes = 0;  ///< an unfinished record at the end (its writer was killed), left out
};

/// Reads every whole record, in order. A missing file is an empty ledger. A damaged record is left out and counted: its
/// trial is simply run again. Throws DataError if the file is no ledger or of a newer version.
LedgerReport read_ledger(const std::filesystem::path& file, const std::function<void(Record&&)>& on_record);

/// The durable record of what has finished: an append-only file, CRC-32 per record, fsync before append() returns.
class Ledger {
 public:
  /// Opens for appending; creates it, or cuts off a torn tail. One writer: the caller holds the output's lock.
  /// Throws SystemError, DataError.
  explicit Ledger(const std::filesystem::path& file);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// After it returns, the records survive whatever dies. One fsync for all of them. Throws SystemError (disk full):
  /// the file is then cut back to what it was, and the same append may be tried again.
  void append(const std::vector<Record>& records);
  void append_encoded(const std::vector<EncodedRecord>& records);

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
  std::uint64_t end_ = 0;
};

}  // namespace eigensweep::wire
