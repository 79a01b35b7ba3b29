// SPDX-License-Identifier: MIT
// Frames: bytes become messages or a DataError, however the stream is cut; a message survives being sent on.
#include <algorithm>
#include <string>
#include <type_traits>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/codec.hpp"
#include "eigensweep/wire/task.hpp"
#include "fuzz.hpp"

using namespace eigensweep;

namespace {

/// What a receiver does with a frame: reads its message, and takes apart the bytes that are for it.
template <typename Direction>
void look_into(const wire::Frame& frame) {
  try {
    const Direction message = wire::unframed<Direction>(wire::Frame(frame));
    const wire::Bytes sent = wire::framed(message);
    const std::vector<wire::Frame> again = wire::frames_of(sent);
    fuzz::require(again.size() == 1, "a message is one frame");
    fuzz::require(wire::framed(wire::unframed<Direction>(wire::Frame(again[0]))) == sent, "it arrives as it was sent");
    if constexpr (std::is_same_v<Direction, wire::FromWorker>) {
      const auto* record = std::get_if<wire::EncodedRecord>(&message);
      if (record == nullptr) return;
      const wire::Record decoded = wire::decode_record(record->bytes);
      for (const auto& [name, column] : decoded.columns) {
        fuzz::require(column.values().size() == column.size(), "a column has as many values as it says");
      }
      wire::decode_record(wire::encode(decoded));
    } else if constexpr (std::is_same_v<Direction, wire::ToWorker>) {
      if (const auto* asked = std::get_if<wire::RunPack>(&message)) wire::decode_task(asked->bytes);
    }
  } catch (const DataError&) {  // NOLINT(bugprone-empty-catch): the next frame may still be sound
  }
}

}  // namespace

/// The first byte says in what pieces the rest arrives.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  if (count == 0) return 0;
  const std::size_t piece = bytes[0] == 0 ? count : bytes[0];
  wire::FrameReader reader;
  try {
    for (std::size_t at = 1; at < count; at += piece) {
      reader.feed(bytes + at, std::min(piece, count - at));
      while (const auto frame = reader.next()) {
        look_into<wire::FromWorker>(*frame);
        look_into<wire::ToWorker>(*frame);
        look_into<wire::ToLeader>(*frame);
        look_into<wire::ToFollower>(*frame);
      }
    }
  } catch (const DataError&) {  // NOLINT(bugprone-empty-catch): the stream is given up
  }
  return 0;
}
