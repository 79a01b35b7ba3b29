// SPDX-License-Identifier: MIT
// Reads a ledger, and finds the next whole record behind damage.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/wire/frame.hpp"
#include "ledger_layout.hpp"

namespace eigensweep::wire {
namespace ledger_layout {
namespace {

/// A ledger file up to the size that it had when it was opened: later appends are not read.
class Source {
 public:
  explicit Source(const std::filesystem::path& file) : file_(file) {
    descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) {
      if (errno == ENOENT) return;
      fail(errno);
    }
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail(errno);
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~Source() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Reads `count` bytes from `offset`; fewer only at the end of the file. Throws DataError.
  [[nodiscard]] Bytes read(std::uint64_t offset, std::size_t count) const {
    if (offset >= size_) return {};
    Bytes bytes(static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset)));
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got =
          ::pread(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
  }

 private:
  [[noreturn]] void fail(int error_number) const {
    throw DataError(fmt::format("{}: cannot read: {}", file_.string(), file::system_message(error_number)));
  }

  std::filesystem::path file_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

bool is_marker(const Source& source, std::uint64_t offset) {
  const Bytes bytes = source.read(offset, marker.size());
  return std::equal(bytes.begin(), bytes.end(), marker.begin(), marker.end());
}

/// A range of the file that has the form of a record.
struct Claim {
  std::uint64_t end = 0;         ///< one past its last byte
  std::optional<Record> record;  ///< nothing: the checksum or the content is wrong
};

/// The claim at `offset`. Nothing without a marker there, or if its length reaches beyond the end of the file.
std::optional<Claim> claim_at(const Source& source, std::uint64_t offset) {
  const Bytes prefix = source.read(offset, prefix_size);
  if (prefix.size() < prefix_size || !std::equal(marker.begin(), marker.end(), prefix.begin())) return std::nullopt;
  const std::uint32_t length = get(prefix.data() + 4);
  if (length > largest_frame || length > source.size() - offset - prefix_size) return std::nullopt;
  const Bytes payload = source.read(offset + prefix_size, length);
  if (payload.size() < length) return std::nullopt;
  Claim claim{offset + prefix_size + length, std::nullopt};
  if (checksum(prefix.data() + 4, payload.data(), payload.size()) != get(prefix.data() + 8)) return claim;
  try {
    claim.record = decode_record(payload);
  } catch (const DataError&) {
    // Written by a build with another record format: its trial runs again.
  }
  return claim;
}

/// The offset of the next valid record at or after `offset`.
std::optional<std::uint64_t> next_record(const Source& source, std::uint64_t offset) {
  constexpr std::size_t block_size = std::size_t{1} << 20;
  while (offset + prefix_size <= source.size()) {
    const Bytes block = source.read(offset, block_size);
    auto place = block.begin();
    while ((place = std::search(place, block.end(), marker.begin(), marker.end())) != block.end()) {
      const std::uint64_t found = offset + static_cast<std::uint64_t>(place - block.begin());
      const std::optional<Claim> claim = claim_at(source, found);
      if (claim && claim->record) return found;
      ++place;
    }
    if (block.size() < block_size) break;
    offset += block.size() - (marker.size() - 1);  // a marker may lie across two blocks
  }
  return std::nullopt;
}

/// False when the file ends inside the header. Throws DataError when it is not a ledger or has another version.
bool check_header(const Source& source, const std::filesystem::path& file) {
  const Bytes expected = header();
  const Bytes bytes = source.read(0, header_size);
  const std::size_t compared = std::min(bytes.size(), magic.size());
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(compared), expected.begin()))
    throw DataError(fmt::format("{}: is no ledger; name another output folder or move the file away", file.string()));
  if (bytes.size() < header_size) return false;
  const std::uint32_t version = get(bytes.data() + magic.size());
  if (version != ledger_version)
    throw DataError(
        fmt::format("{}: is a ledger of version {}, this program knows version {}; use the program that "
                    "wrote it or another output folder",
                    file.string(), version, ledger_version));
  return true;
}

}  // namespace

LedgerScan scan_ledger(const std::filesystem::path& file, const std::function<void(Record&&)>& on_record) {
  const Source source(file);
  LedgerScan result;
  if (!check_header(source, file)) {
    result.report.torn_bytes = source.size();
    return result;
  }
  std::uint64_t offset = header_size;
  while (offset < source.size()) {
    std::optional<Claim> claim = claim_at(source, offset);
    if (claim && claim->record) {
      ++result.report.records;
      offset = claim->end;
      on_record(std::move(*claim->record));
      continue;
    }
    // The length itself may be damaged, so no claim may reach beyond the next valid record.
    const std::optional<std::uint64_t> next = next_record(source, offset + 1);
    const std::uint64_t stop = next.value_or(source.size());
    while (offset < stop) {
      claim = claim_at(source, offset);
      const bool is_whole = claim && (claim->end == stop || (claim->end < stop && is_marker(source, claim->end)));
      if (!is_whole && !next) {
        result.report.torn_bytes = source.size() - offset;
        result.end = offset;
        return result;
      }
      ++result.report.damaged;
      offset = is_whole ? claim->end : stop;
    }
  }
  result.end = offset;
  return result;
}

}  // namespace ledger_layout

bool begins_as_ledger(const std::filesystem::path& file) {
  try {
    const Bytes bytes = ledger_layout::Source(file).read(0, ledger_layout::magic.size());
    return std::equal(bytes.begin(), bytes.end(), ledger_layout::magic.begin(), ledger_layout::magic.end());
  } catch (const DataError&) {
    return false;
  }
}

LedgerReport read_ledger(const std::filesystem::path& file, const std::function<void(Record&&)>& on_record) {
  return ledger_layout::scan_ledger(file, on_record).report;
}

}  // namespace eigensweep::wire
