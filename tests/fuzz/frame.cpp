// SPDX-License-Identifier: MIT
// Frames on a pipe: bytes become messages or a DataError, however the stream is cut; a message survives being sent on.
#include <algorithm>
#include <string>

#include "eigensweep/core/error.hpp"
#include "eigensweep/wire/frame.hpp"
#include "eigensweep/wire/record.hpp"
#include "eigensweep/wire/task.hpp"
#include "fuzz.hpp"

using namespace eigensweep;

namespace {

void look_into(const Json& message) {
  if (const auto record = message.find("record"); record != message.end() && record->is_binary()) {
    const wire::Record decoded = wire::decode_record(record->get_binary());
    for (const auto& [name, column] : decoded.columns) {
      fuzz::require(column.values().size() == column.size(), "a column has as many values as it says");
    }
    wire::decode_record(wire::encode(decoded));
  }
  if (const auto task = message.find("task"); task != message.end()) wire::task_from_json(*task);
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
      while (const auto message = reader.next()) {
        const std::vector<std::uint8_t> frame = wire::encode_frame(*message);
        wire::FrameReader other;
        other.feed(frame.data(), frame.size());
        const auto again = other.next();
        fuzz::require(again.has_value() && !other.is_inside_frame(), "a message that came in can be sent on");
        fuzz::require(wire::encode_frame(*again) == frame, "it arrives as it was sent");
        try {
          look_into(*message);
        } catch (const DataError&) {  // NOLINT(bugprone-empty-catch): the next frame may still be sound
        }
      }
    }
  } catch (const DataError&) {  // NOLINT(bugprone-empty-catch): the stream is given up
  }
  return 0;
}
