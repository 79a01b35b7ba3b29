// SPDX-License-Identifier: MIT
// Appends to a ledger.
#include "eigensweep/wire/ledger.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/wire/frame.hpp"
#include "ledger_layout.hpp"

namespace eigensweep::wire {
namespace {

using namespace ledger_layout;

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
  end_ = scan_ledger(file, [](Record&&) {}).end;
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
