// SPDX-License-Identifier: MIT
#include "eigensweep/wire/frame.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"

namespace eigensweep::wire {
namespace {

constexpr std::size_t length_size = 4;
constexpr std::size_t lengths_size = 2 * length_size;
constexpr int deepest_nesting = 64;

/// Checks the nesting depth of a parse without building a value.
class DepthGuard : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= deepest_nesting; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return ++depth_ <= deepest_nesting; }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    message_ = error.what();
    return false;
  }
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  int depth_ = 0;
  std::string message_ = "nested too deep";
};

std::size_t length_at(const std::uint8_t* bytes) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_size; ++i) length |= static_cast<std::size_t>(bytes[i]) << (8 * i);
  if (length > largest_frame)
    throw DataError(fmt::format("frame: a length of {} bytes is above the limit of {} (the stream is out of step)",
                                length, largest_frame));
  return length;
}

void put_length(Bytes& bytes, std::size_t place, std::size_t length) {
  if (length > largest_frame)
    throw SystemError(fmt::format("frame: {} bytes are above the limit of {}", length, largest_frame));
  for (std::size_t i = 0; i < length_size; ++i) bytes[place + i] = static_cast<std::uint8_t>(length >> (8 * i));
}

/// The frame at `start`; moves `start` to its end. Nothing if the frame is incomplete.
std::optional<Frame> take_frame(const Bytes& buffer, std::size_t& start) {
  const std::size_t available = buffer.size() - start;
  if (available < lengths_size) return std::nullopt;
  const std::uint8_t* prefix = buffer.data() + start;
  const std::size_t header = length_at(prefix);
  const std::size_t bytes = length_at(prefix + length_size);
  if (available - lengths_size < header + bytes) return std::nullopt;
  start += lengths_size + header + bytes;
  Frame frame;
  frame.header = parse_cbor(prefix + lengths_size, header, "frame");
  if (!frame.header.is_object())
    throw DataError(fmt::format("frame: holds a CBOR {}, not a map", frame.header.type_name()));
  frame.bytes.assign(prefix + lengths_size + header, prefix + lengths_size + header + bytes);
  return frame;
}

constexpr int forever = -1;

/// Waits until the descriptor is ready. False after `milliseconds`, or when a signal interrupts the wait.
bool wait_for(int descriptor, short events, int milliseconds) {
  pollfd waited{descriptor, events, 0};
  const int ready = ::poll(&waited, 1, milliseconds);
  if (ready < 0 && errno != EINTR) throw SystemError(fmt::format("pipe: cannot wait: {}", file::system_message(errno)));
  return ready > 0;
}

}  // namespace

Json parse_cbor(const std::uint8_t* bytes, std::size_t count, const char* what) {
  DepthGuard guard;
  if (!Json::sax_parse(bytes, bytes + count, &guard, Json::input_format_t::cbor))
    throw DataError(fmt::format("{}: is no CBOR of ours: {}", what, guard.message()));
  try {
    return Json::from_cbor(bytes, bytes + count);
  } catch (const Json::exception& error) {
    throw DataError(fmt::format("{}: is no CBOR of ours: {}", what, error.what()));
  }
}

void FrameReader::feed(const std::uint8_t* bytes, std::size_t count) {
  // Frames that were returned are dropped only once they fill half of the buffer: so each call moves fewer bytes than
  // it drops, and the cost per byte stays constant.
  if (start_ > buffer_.size() / 2) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
    start_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes, bytes + count);
}

std::optional<Frame> FrameReader::next() { return take_frame(buffer_, start_); }

bool FrameReader::is_inside_frame() const noexcept { return start_ < buffer_.size(); }

Bytes encode_frame(const Json& header, const Bytes& bytes) {
  Bytes frame(lengths_size);
  Json::to_cbor(header, frame);
  put_length(frame, 0, frame.size() - lengths_size);
  put_length(frame, length_size, bytes.size());
  frame.insert(frame.end(), bytes.begin(), bytes.end());
  return frame;
}

std::vector<Frame> frames_of(const Bytes& buffer) {
  std::vector<Frame> frames;
  std::size_t start = 0;
  while (auto frame = take_frame(buffer, start)) frames.push_back(std::move(*frame));
  if (start < buffer.size()) throw DataError("frame: its buffer ends before it does");
  return frames;
}

std::optional<Frame> read_frame(int descriptor, FrameReader& reader, const std::function<bool()>& stop) {
  constexpr int look_up_every = 250;  // ms: a signal between the call of `stop` and poll(2) does not end the wait
  std::array<std::uint8_t, std::size_t{1} << 16> chunk{};
  for (;;) {
    if (std::optional<Frame> frame = reader.next()) return frame;
    if (stop && stop()) return std::nullopt;
    if (stop && !wait_for(descriptor, POLLIN, look_up_every)) continue;
    const ssize_t count = ::read(descriptor, chunk.data(), chunk.size());
    if (count > 0) {
      reader.feed(chunk.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      if (!reader.is_inside_frame()) return std::nullopt;
      throw DataError("pipe: ended inside a frame (the process at its other end died)");
    } else if (errno == EAGAIN) {
      wait_for(descriptor, POLLIN, forever);
    } else if (errno != EINTR) {
      throw SystemError(fmt::format("pipe: cannot read: {}", file::system_message(errno)));
    }
  }
}

void write_frame(int descriptor, const Bytes& frame) {
  std::size_t done = 0;
  while (done < frame.size()) {
    const ssize_t count = ::write(descriptor, frame.data() + done, frame.size() - done);
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      wait_for(descriptor, POLLOUT, forever);
    } else if (errno != EINTR) {
      throw SystemError(fmt::format("pipe: cannot write: {}", file::system_message(errno)));
    }
  }
}

}  // namespace eigensweep::wire
