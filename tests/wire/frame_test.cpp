// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <random>
#include <thread>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/frame.hpp"
#include "eigensweep/wire/record.hpp"
#include "sample_record.hpp"

using namespace eigensweep;
using namespace eigensweep::wire;

namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close_read();
    close_write();
  }
  void close_read() { close_end(ends[0]); }
  void close_write() { close_end(ends[1]); }
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  std::array<int, 2> ends{};
};

Bytes frame_of(const Json& header, const Bytes& bytes = {}) { return encode_frame(header, bytes); }

}  // namespace

TEST_CASE("frames come out whole however the stream is cut") {
  std::vector<Frame> sent;
  Bytes bytes;
  for (int i = 0; i < 20; ++i) {
    sent.push_back({{{"type", "record"}, {"i", i}}, encode(sample_record("t"))});
    const Bytes frame = frame_of(sent.back().header, sent.back().bytes);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    FrameReader reader;
    std::vector<Frame> got;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t count = std::min<std::size_t>(bytes.size() - at, 1 + random() % (seed < 10 ? 3 : 3000));
      reader.feed(bytes.data() + at, count);
      at += count;
      if (random() % 2 == 0) continue;
      while (auto frame = reader.next()) got.push_back(*frame);
    }
    while (auto frame = reader.next()) got.push_back(*frame);
    CHECK(got == sent);
    CHECK_FALSE(reader.is_inside_frame());
  }
}

TEST_CASE("an absurd length is refused before memory is spent on it") {
  FrameReader reader;
  const std::array<std::uint8_t, 8> lengths{1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
  reader.feed(lengths.data(), lengths.size());
  CHECK_THROWS_WITH(reader.next(),
                    "frame: a length of 4294967295 bytes is above the limit of 1073741824 (the stream is out of step)");
}

TEST_CASE("garbage in a stream is a DataError") {
  std::mt19937 random(2);
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::uint8_t> bytes(8 + random() % 100);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    for (const std::size_t high : {1, 2, 3, 5, 6, 7}) bytes[high] = 0;
    FrameReader reader;
    reader.feed(bytes.data(), bytes.size());
    try {
      while (reader.next()) continue;
    } catch (const DataError&) {
    }
  }
  FrameReader reader;
  const std::array<std::uint8_t, 9> number{1, 0, 0, 0, 0, 0, 0, 0, 0x05};
  reader.feed(number.data(), number.size());
  CHECK_THROWS_WITH(reader.next(), "frame: holds a CBOR number, not a map");
  const std::array<std::uint8_t, 8> empty{};
  reader.feed(empty.data(), empty.size());
  CHECK_THROWS_AS(reader.next(), DataError);
}

TEST_CASE("a frame crosses a pipe, end of file before a frame is no error, inside one it is") {
  Pipe pipe;
  const Json header{{"type", "hello"}};
  const Bytes big(300'000, 'x');
  ssize_t last = 0;
  std::thread writer([&] {
    write_frame(pipe.ends[1], frame_of(header, big));
    write_frame(pipe.ends[1], frame_of({{"type", "quit"}}));
    const Bytes half = frame_of(header, big);
    last = ::write(pipe.ends[1], half.data(), 10);
    pipe.close_write();
  });
  FrameReader reader;
  CHECK(read_frame(pipe.ends[0], reader) == Frame{header, big});
  CHECK(read_frame(pipe.ends[0], reader) == Frame{{{"type", "quit"}}, {}});
  CHECK_THROWS_WITH(read_frame(pipe.ends[0], reader), "pipe: ended inside a frame (the process at its other end died)");
  writer.join();
  CHECK(last == 10);
  Pipe closed;
  closed.close_write();
  FrameReader fresh;
  CHECK_FALSE(read_frame(closed.ends[0], fresh).has_value());
}

TEST_CASE("a wait for a frame ends when it is asked to stop") {
  Pipe pipe;
  FrameReader reader;
  int asked = 0;
  CHECK_FALSE(read_frame(pipe.ends[0], reader, [&] { return ++asked == 2; }).has_value());
  write_frame(pipe.ends[1], frame_of({{"type", "quit"}}));
  CHECK(read_frame(pipe.ends[0], reader, [] { return false; }).has_value());
}

TEST_CASE("writing to a closed pipe and reading from no pipe are SystemErrors") {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_read();
  CHECK_THROWS_WITH(write_frame(pipe.ends[1], frame_of(Json::object())), "pipe: cannot write: Broken pipe (error 32)");
  FrameReader reader;
  CHECK_THROWS_WITH(read_frame(-1, reader), "pipe: cannot read: Bad file descriptor (error 9)");
}
