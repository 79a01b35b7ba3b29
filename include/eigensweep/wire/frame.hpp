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

/// An encoded message: a header that every process on the way may read, and bytes that only the receiver decodes.
/// Layout on a pipe and in an MPI buffer: the lengths of both (u32, little-endian), the header (CBOR, a map with
/// "type"), the bytes. wire/messages.hpp defines the messages.
struct Frame {
  Json header;
  Bytes bytes;
  bool operator==(const Frame&) const = default;
};

/// Most bytes of a header, and of the bytes after it.
constexpr std::size_t largest_frame = std::size_t{1} << 30;

/// Parses untrusted CBOR bytes. Throws DataError on malformed bytes, on bytes left over, and on deep nesting, since the
/// library's parser recurses and could run out of stack. `what` begins the error message.
Json parse_cbor(const std::uint8_t* bytes, std::size_t count, const char* what);

/// Splits a byte stream into frames.
class FrameReader {
 public:
  void feed(const std::uint8_t* bytes, std::size_t count);
  /// The next whole frame, if there is one. Throws DataError on a length above `largest_frame` or a header that is not
  /// a CBOR map.
  std::optional<Frame> next();
  [[nodiscard]] bool is_inside_frame() const noexcept;

 private:
  Bytes buffer_;
  std::size_t start_ = 0;
};

/// Encodes a frame. Throws SystemError when the header or the bytes are above `largest_frame`.
Bytes encode_frame(const Json& header, const Bytes& bytes);
/// All frames of a buffer of whole frames. Throws DataError as FrameReader does, and on an incomplete frame at the end.
std::vector<Frame> frames_of(const Bytes& buffer);

/// Blocking read of one frame from a file descriptor. Returns nothing at the end of the file, or once `stop` returns
/// true; `stop` is called several times a second and after every signal. Throws DataError when the file ends inside a
/// frame, SystemError when read(2) fails.
std::optional<Frame> read_frame(int descriptor, FrameReader& reader, const std::function<bool()>& stop = {});
/// Blocking write of a whole frame. Throws SystemError, also on a closed pipe. The process must ignore SIGPIPE.
void write_frame(int descriptor, const Bytes& frame);

}  // namespace eigensweep::wire
