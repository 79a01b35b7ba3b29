// SPDX-License-Identifier: MIT
#include "eigensweep/wire/ledger.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/wire/frame.hpp"

namespace eigensweep::wire {
namespace {

constexpr std::string_view magic{"eigensweep-ledger\0\0\0", 20};
constexpr std::size_t header_size = 24;
/// Like PNG's signature: a byte above 127 and line ends, so that no text contains it.
constexpr std::array<std::uint8_t, 4> marker{0x89, 'R', '\r', '\n'};
constexpr std::size_t prefix_size = 12;  // marker, length, checksum

void put(Bytes& bytes, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t get(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

/// CRC-32 over length and payload, so that a wrong length is detected too.
std::uint32_t checksum(const std::uint8_t* length, const std::uint8_t* payload, std::size_t count) {
  uLong sum = ::crc32(0, length, 4);
  return static_cast<std::uint32_t>(::crc32_z(sum, payload, count));
}

Bytes header() {
  Bytes bytes(magic.begin(), magic.end());
  put(bytes, ledger_version);
  return bytes;
}

void check_size(const Bytes& payload) {
  if (payload.size() > largest_frame)
    throw SystemError(
        fmt::format("ledger: a record of {} bytes is above the limit of {}", payload.size(), largest_frame));
}

void put_record(Bytes& bytes, const Bytes& payload) {
  bytes.insert(bytes.end(), marker.begin(), marker.end());
  put(bytes, static_cast<std::uint32_t>(payload.size()));
  put(bytes, checksum(bytes.data() + bytes.size() - 4, payload.data(), payload.size()));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
}

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

struct Scan {
  LedgerReport report;
  std::uint64_t end = 0;  ///< offset for the next record; 0: the header must be written first
};

Scan scan(const std::filesystem::path& file, const std::function<void(Record&&)>& on_record) {
  const Source source(file);
  Scan result;
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

}  // namespace

bool begins_as_ledger(const std::filesystem::path& file) {
  try {
    const Bytes bytes = Source(file).read(0, magic.size());
    return std::equal(bytes.begin(), bytes.end(), magic.begin(), magic.end());
  } catch (const DataError&) {
    return false;
  }
}

LedgerReport read_ledger(const std::filesystem::path& file, const std::function<void(Record&&)>& on_record) {
  return scan(file, on_record).report;
}

namespace {

/// Returns 0 or an errno. Writes at a fixed offset, so that a retry overwrites what a failed write has left.
int write_at(int descriptor, const Bytes& bytes, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::pwrite(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    done += static_cast<std::size_t>(count);
  }
  return 0;
}

void sync_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

Ledger::Ledger(const std::filesystem::path& file) : file_(file) {
  end_ = scan(file, [](Record&&) {}).end;
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) file::fail_to_write(file_, "open", errno);
  int error = 0;
  if (end_ == 0) {
    error = write_at(descriptor_, header(), 0);
    if (error == 0 && ::fdatasync(descriptor_) != 0) error = errno;
    end_ = header_size;
    sync_folder_of(file_);
  }
  if (error == 0 && ::ftruncate(descriptor_, static_cast<off_t>(end_)) != 0) error = errno;
  if (error != 0) {
    ::close(descriptor_);
    file::fail_to_write(file_, "write", error);
  }
}

Ledger::~Ledger() { ::close(descriptor_); }

void Ledger::append(const std::vector<Record>& records) {
  std::vector<EncodedRecord> all;
  for (const Record& record : records) all.push_back(encoded(record));
  append_encoded(all);
}

void Ledger::append_encoded(const std::vector<EncodedRecord>& records) {
  if (records.empty()) return;
  for (const EncodedRecord& record : records) check_size(record.bytes);
  constexpr std::size_t block_size = std::size_t{1} << 20;  // one block for all would copy all records in memory
  Bytes block;
  std::uint64_t end = end_;
  int error = 0;
  for (std::size_t i = 0; i < records.size() && error == 0; ++i) {
    put_record(block, records[i].bytes);
    if (block.size() < block_size && i + 1 < records.size()) continue;
    error = write_at(descriptor_, block, end);
    end += block.size();
    block.clear();
  }
  if (error == 0 && ::fdatasync(descriptor_) != 0) error = errno;
  if (error != 0) {
    // If this fails too, the next append overwrites the rest, and a reader takes the rest for an incomplete record.
    [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, static_cast<off_t>(end_));
    file::fail_to_write(file_, "append", error);
  }
  end_ = end;
}

}  // namespace eigensweep::wire
