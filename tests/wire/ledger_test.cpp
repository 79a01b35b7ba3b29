// SPDX-License-Identifier: MIT
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/wire/ledger.hpp"
#include "sample_record.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using namespace eigensweep::wire;

namespace {

struct Found {
  LedgerReport report;
  std::vector<Record> records;
};

Found read_all(const std::filesystem::path& file) {
  Found found;
  found.report = read_ledger(file, [&](Record&& record) { found.records.push_back(std::move(record)); });
  return found;
}

std::vector<Record> samples(int count) {
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) records.push_back(sample_record("trial-" + std::to_string(i)));
  return records;
}

/// A ledger of four records: its bytes, and where the header and each record end.
struct Small {
  std::vector<Record> records = samples(4);
  std::vector<std::size_t> ends;
  std::string bytes;

  explicit Small(const std::filesystem::path& file) {
    Ledger ledger(file);
    ends.push_back(std::filesystem::file_size(file));
    for (const Record& record : records) {
      ledger.append({record});
      ends.push_back(std::filesystem::file_size(file));
    }
    bytes = file::read(file);
  }
  [[nodiscard]] std::size_t whole_before(std::size_t cut) const {
    std::size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= cut) ++whole;
    return whole;
  }
};

void write_raw(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::remove(file);  // faster, since some file systems flush a file that is truncated and rewritten
  std::FILE* out = std::fopen(file.c_str(), "wb");
  REQUIRE(out != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size());
  REQUIRE(std::fclose(out) == 0);
}

}  // namespace

TEST_CASE("a missing ledger is empty, a written one gives every record back in order") {
  const Scratch scratch;
  const auto file = scratch.path() / "ledger.bin";
  CHECK(read_all(file).records.empty());
  const std::vector<Record> records = samples(5);
  {
    Ledger ledger(file);
    ledger.append({});
    ledger.append({records[0], records[1]});
    ledger.append({records[2]});
  }
  {
    Ledger again(file);
    again.append({records[3], records[4]});
  }
  const Found found = read_all(file);
  CHECK(found.records == records);
  CHECK(found.report.records == 5);
  CHECK(found.report.damaged == 0);
  CHECK(found.report.torn_bytes == 0);
}

TEST_CASE("a writer killed at any byte loses nothing that was whole, and the next writer goes on") {
  const Scratch scratch;
  const Small small(scratch.path() / "whole.bin");
  const auto file = scratch.path() / "cut.bin";
  const Record more = sample_record("more");
  for (std::size_t cut = 0; cut <= small.bytes.size(); ++cut) {
    write_raw(file, small.bytes.substr(0, cut));
    const std::size_t whole = small.whole_before(cut);
    std::vector<Record> expected(small.records.begin(), small.records.begin() + static_cast<std::ptrdiff_t>(whole));
    Found found = read_all(file);
    REQUIRE(found.records == expected);
    REQUIRE(found.report.damaged == 0);
    REQUIRE(found.report.torn_bytes == cut - (cut < small.ends[0] ? 0 : small.ends[whole]));
    if (cut % 61 > 0 && cut > small.ends[0]) continue;  // not every cut: each takes two real fsyncs
    Ledger(file).append({more});
    expected.push_back(more);
    found = read_all(file);
    REQUIRE(found.records == expected);
    REQUIRE(found.report.torn_bytes == 0);
  }
}

TEST_CASE("a flipped bit costs one record at most and never changes one") {
  const Scratch scratch;
  const Small small(scratch.path() / "whole.bin");
  const auto file = scratch.path() / "flipped.bin";
  for (std::size_t bit = 0; bit < small.bytes.size() * 8; ++bit) {
    std::string bytes = small.bytes;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    write_raw(file, bytes);
    if (bit / 8 < small.ends[0]) {
      REQUIRE_THROWS_AS(read_all(file), DataError);
      continue;
    }
    std::vector<Record> expected = small.records;
    const std::size_t hit = small.whole_before(bit / 8);
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(hit));
    const Found found = read_all(file);
    REQUIRE(found.records == expected);
    REQUIRE(found.report.damaged + (found.report.torn_bytes > 0 ? 1 : 0) == 1);
  }
}

TEST_CASE("opening a ledger with a damaged record keeps the records behind it") {
  const Scratch scratch;
  const auto file = scratch.path() / "ledger.bin";
  Small small(file);
  // The second record's length is far too large. The records after it must not be cut off as an incomplete record.
  small.bytes[small.ends[1] + 7] = 0x20;
  write_raw(file, small.bytes);
  Ledger(file).append({small.records[1]});
  const Found found = read_all(file);
  CHECK(found.records == std::vector<Record>{small.records[0], small.records[2], small.records[3], small.records[1]});
  CHECK(found.report.damaged == 1);
}

TEST_CASE("a damaged length that reaches to the end of another record hides none, before and after a writer") {
  const Scratch scratch;
  const Small small(scratch.path() / "whole.bin");
  const auto file = scratch.path() / "long.bin";
  std::string bytes = small.bytes;
  const std::size_t length = small.ends[3] - small.ends[1] - 12;  // the second record's, up to the third one's end
  for (std::size_t i = 0; i < 4; ++i) bytes[small.ends[1] + 4 + i] = static_cast<char>(length >> (8 * i));
  std::vector<Record> expected{small.records[0], small.records[2], small.records[3]};
  write_raw(file, bytes);
  Found found = read_all(file);
  CHECK(found.records == expected);
  CHECK(found.report.damaged == 1);

  // The writer cuts off an incomplete record and appends there. After that, the damaged length must not fit by chance.
  write_raw(file, bytes.substr(0, small.ends[3] + 2));
  expected.pop_back();
  found = read_all(file);
  CHECK(found.records == expected);
  CHECK(found.report.torn_bytes == 2);
  Ledger(file).append({small.records[3]});
  expected.push_back(small.records[3]);
  found = read_all(file);
  CHECK(found.records == expected);
  CHECK(found.report.damaged == 1);
  CHECK(found.report.torn_bytes == 0);
}

TEST_CASE("a tail of zeros, as a file system leaves after a power cut, is a torn tail") {
  const Scratch scratch;
  const auto file = scratch.path() / "ledger.bin";
  const Small small(file);
  write_raw(file, small.bytes + std::string(5000, '\0'));
  CHECK(read_all(file).report.torn_bytes == 5000);
  Ledger(file).append({sample_record("more")});
  CHECK(read_all(file).records.size() == 5);
}

TEST_CASE("a file that is no ledger, or a newer one, is refused and left alone") {
  const Scratch scratch;
  const auto file = scratch.path() / "ledger.bin";
  write_raw(file, "something else");
  CHECK_THROWS_WITH(read_all(file), file.string() + ": is no ledger; name another output folder or move the file away");
  CHECK_THROWS_AS(Ledger(file), DataError);
  CHECK(file::read(file) == "something else");
  std::string newer = Small(scratch.path() / "newer.bin").bytes;
  newer[20] = 2;
  write_raw(file, newer);
  CHECK_THROWS_WITH(Ledger(file), file.string() +
                                      ": is a ledger of version 2, this program knows version 1; use the program that "
                                      "wrote it or another output folder");
}

TEST_CASE("a full disk throws, cuts the file back, and the same append may be tried again") {
  const Scratch scratch;
  const auto file = scratch.path() / "ledger.bin";
  std::signal(SIGXFSZ, SIG_IGN);
  Ledger ledger(file);
  const std::vector<Record> records = samples(3);
  ledger.append({records[0]});
  const auto size = std::filesystem::file_size(file);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = size + 300;  // room for a part of the next record: the write is short, and the next one fails
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string message;
  try {
    ledger.append({records[1], records[2]});
  } catch (const SystemError& error) {
    message = error.what();
  }
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(message == file.string() +
                       ": cannot append: File too large (error 27); raise the limit on the size of a file (ulimit -f), "
                       "then run the same command again");
  CHECK(std::filesystem::file_size(file) == size);
  ledger.append({records[1], records[2]});
  CHECK(read_all(file).records == records);
}

TEST_CASE("a ledger that cannot be opened or begun says why") {
  const Scratch scratch;
  const auto nowhere = scratch.path() / "nowhere" / "ledger.bin";
  CHECK_THROWS_WITH(Ledger(nowhere),
                    Catch::StartsWith(nowhere.string() + ": cannot open: No such file or directory (error 2)"));
  CHECK_THROWS_WITH(Ledger("/dev/full"), Catch::StartsWith("/dev/full: cannot write: No space left on device"));
}

TEST_CASE("what was appended survives a SIGKILL of its writer") {
  const Scratch scratch;
  for (int round = 0; round < 10; ++round) {
    const auto file = scratch.path() / ("killed-" + std::to_string(round));
    int acknowledged[2];
    REQUIRE(::pipe(acknowledged) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      Ledger ledger(file);
      for (char i = 0;; ++i) {
        ledger.append({sample_record("t")});
        if (::write(acknowledged[1], &i, 1) != 1) ::_exit(1);
      }
    }
    ::close(acknowledged[1]);
    std::size_t done = 0;
    char byte = 0;
    while (done < static_cast<std::size_t>(3 + round) && ::read(acknowledged[0], &byte, 1) == 1) ++done;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(acknowledged[0], &byte, 1) == 1) ++done;
    ::close(acknowledged[0]);
    const Found found = read_all(file);
    CHECK(found.records.size() >= done);
    for (const Record& record : found.records) REQUIRE(record == sample_record("t"));
  }
}
