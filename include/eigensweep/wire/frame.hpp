// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eigensweep/core/json.hpp"

namespace eigensweep::wire {

/// Frames between a supervisor and its worker: a 4-byte little-endian length, then that many bytes of CBOR: a map with
/// "type".
///
/// A worker is started as `eigensweep-worker --device cpu|cuda:K --threads T --in-fd 3 --out-fd 4`: it reads frames on
/// descriptor 3 and writes them on 4; its standard output and error are a log. `eigensweep-worker --devices` prints one
/// line of JSON, {"cuda": count, "memory": [bytes of each]}, and exits 0. Its supervisor's end ends it (SIGKILL).
///
/// supervisor -> worker
///   {"type": "task", "task": {...}}       run this pack (wire::Task)
///   {"type": "quit"}                      leave, nothing more to do
///   Draining is a signal, not a frame, so that it is seen in the middle of a step: SIGTERM or SIGUSR1 to the worker:
///   finish the step, checkpoint, send "drained", exit 0.
/// worker -> supervisor
///   {"type": "hello", "device": "cpu", "threads": 1, "torch": "2.13.0", "memory": bytes, "host": ..., "pid": ...}
///   {"type": "progress", "pack": id, "stage": "train"|"<label>", "evaluation": ""|"<id>", "epoch": i,
///    "epochs": n, "step": i, "steps": n, "losses": [one per lane]}      at most about four a second
///   {"type": "record", "pack": id, "record": <bytes: encode(Record)>}
///   {"type": "finished", "pack": id, "seconds": s}
///   {"type": "failed", "pack": id, "reason": "out_of_memory"|"error"|"data", "message": one line}
///   {"type": "drained", "pack": id, "checkpoint": true|false}
constexpr std::size_t largest_frame = std::size_t{1} << 30;

/// CBOR bytes as JSON, for bytes that may be anything: throws DataError on malformed bytes, bytes left over, and
/// nesting deeper than any message of ours (the library's parser recurses and would run out of stack).
Json parse_cbor(const std::uint8_t* bytes, std::size_t count, const char* what);

/// Cuts a byte stream into frames.
class FrameReader {
 public:
  void feed(const std::uint8_t* bytes, std::size_t count);
  /// The next whole frame, if there is one. Throws DataError on a length above `largest_frame` or bytes that are no
  /// CBOR map.
  std::optional<Json> next();
  [[nodiscard]] bool is_inside_frame() const noexcept;

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t start_ = 0;
};

std::vector<std::uint8_t> encode_frame(const Json& message);

/// Blocking read of one frame from a file descriptor; nothing at end of file before a frame begins.
/// Throws DataError on a torn frame, SystemError on an error of read(2). `stop`, if given, is asked several times a
/// second and after every signal: once it says yes, the wait ends with nothing.
std::optional<Json> read_frame(int descriptor, FrameReader& reader, const std::function<bool()>& stop = {});
/// Writes one frame whole. Throws SystemError (a closed pipe included; SIGPIPE must be ignored by the process).
void write_frame(int descriptor, const Json& message);

}  // namespace eigensweep::wire
