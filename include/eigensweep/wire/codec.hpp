// SPDX-License-Identifier: MIT
#pragma once

#include <tuple>
#include <variant>
#include <vector>

#include "eigensweep/wire/frame.hpp"
#include "eigensweep/wire/messages.hpp"

namespace eigensweep::wire {

/// Has bytes behind its header that only the receiver takes apart.
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

/// A message as the bytes of its frame.
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

/// The message of a frame; `Direction` is FromWorker, ToWorker, ToFollower or ToLeader. Throws DataError, which names
/// the message and the field, when the type is unknown, a field is missing or a value is of the wrong type.
template <typename Direction>
Direction unframed(Frame&& frame);
/// The messages of a buffer that holds nothing else.
template <typename Direction>
std::vector<Direction> unframed_all(const Bytes& buffer);

/// A visitor out of one function per alternative: std::visit(Overload{[](const Quit&) {...}, ...}, message).
template <typename... Functions>
struct Overload : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overload(Functions...) -> Overload<Functions...>;

}  // namespace eigensweep::wire
