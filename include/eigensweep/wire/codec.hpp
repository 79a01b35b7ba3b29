// SPDX-License-Identifier: MIT
#pragma once

#include <tuple>
#include <variant>
#include <vector>

#include "eigensweep/wire/frame.hpp"
#include "eigensweep/wire/messages.hpp"

namespace eigensweep::wire {

/// A message with bytes after its header, which only the receiver decodes.
template <typename Message>
concept CarriesBytes = requires(Message message) {
  message.bytes;
};

/// A message's type and fields.
template <typename Message>
Json header_of(const Message& message) {
  Json header{{"type", Message::type}};
  std::apply([&](const auto&... fields) { ((header[fields.name] = to_value(message.*fields.member)), ...); },
             Message::fields());
  return header;
}

/// Encodes a message as one frame. Throws SystemError when the header or the bytes are above `largest_frame`.
template <typename Message>
Bytes framed(const Message& message) {
  if constexpr (CarriesBytes<Message>) {
    return encode_frame(header_of(message), message.bytes);
  } else {
    return encode_frame(header_of(message), {});
  }
}
template <typename... Messages>
Bytes framed(const std::variant<Messages...>& message) {
  return std::visit([](const auto& one) { return framed(one); }, message);
}
Bytes framed(const Event& event);

/// Decodes a frame. `Direction` is FromWorker, ToWorker, ToFollower or ToLeader. Throws DataError, which names the
/// message and the field, when the type is unknown, a field is missing or a value has the wrong type.
template <typename Direction>
Direction unframed(Frame&& frame);
/// Decodes all messages of a buffer of whole frames. Throws DataError as unframed() and frames_of() do.
template <typename Direction>
std::vector<Direction> unframed_all(const Bytes& buffer);

/// Makes a visitor from one function per alternative: std::visit(Overload{[](const Quit&) {...}, ...}, message).
template <typename... Functions>
struct Overload : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overload(Functions...) -> Overload<Functions...>;

}  // namespace eigensweep::wire
