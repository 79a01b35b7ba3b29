// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/wire/fields.hpp"

namespace eigensweep::wire {

/// A message as it travels: a header that everybody on the way may read, and bytes that only its receiver takes apart.
/// On a pipe and in a buffer of MPI: the lengths of both (u32, little-endian), the header (CBOR, a map with "type"),
/// the bytes. What the messages are stands in wire/messages.hpp.
struct Frame {
  Json header;
  Bytes bytes;
  bool operator==(const Frame&) const = default;
};

/// Of a header, and of the bytes behind it.
constexpr std::size_t largest_frame = std::size_t{1} << 30;

/// CBOR bytes as JSON, for bytes that may be anything: throws DataError on malformed bytes, bytes left over, and
/// nesting deeper than any message of ours (the library's parser recurses and would run out of stack).
Json parse_cbor(const std::uint8_t* bytes, std::size_t count, const char* what);

/// Cuts a byte stream into frames.
class FrameReader {
 public:
  void feed(const std::uint8_t* bytes, std::size_t count);
  /// The next whole frame, if there is one. Throws DataError on a length above `largest_frame` or a header that is no
  /// CBOR map.
  std::optional<Frame> next();
  [[nodiscard]] bool is_inside_frame() const noexcept;

 private:
  Bytes buffer_;
  std::size_t start_ = 0;
};

/// The bytes of a frame. Throws SystemError when a part of it is above `largest_frame`.
Bytes encode_frame(const Json& header, const Bytes& bytes);
/// The frames of a buffer that holds nothing else. Throws DataError as FrameReader does, and on a torn frame.
std::vector<Frame> frames_of(const Bytes& buffer);

/// Blocking read of one frame from a file descriptor; nothing at end of file before a frame begins.
/// Throws DataError on a torn frame, SystemError on an error of read(2). `stop`, if given, is asked several times a
/// second and after every signal: once it says yes, the wait ends with nothing.
std::optional<Frame> read_frame(int descriptor, FrameReader& reader, const std::function<bool()>& stop = {});
/// Writes the bytes of one frame whole. Throws SystemError (a closed pipe included; SIGPIPE must be ignored by the
/// process).
void write_frame(int descriptor, const Bytes& frame);

}  // namespace eigensweep::wire
