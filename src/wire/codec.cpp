// SPDX-License-Identifier: MIT
#include "eigensweep/wire/codec.hpp"

#include <fmt/format.h>

#include <string>
#include <type_traits>
#include <utility>

#include "eigensweep/core/text.hpp"

namespace eigensweep::wire {
namespace {

/// Finds the message of a given type among the alternatives of a direction.
template <typename Direction>
struct Choice;

template <typename... Messages>
struct Choice<std::variant<Messages...>> {
  using Direction = std::variant<Messages...>;

  static bool take(const std::string& type, Frame& frame, Direction& into) {
    return (take_one<Messages>(type, frame, into) || ...);
  }
  static std::vector<std::string> types() {
    std::vector<std::string> all;
    (list<Messages>(all), ...);
    return all;
  }

 private:
  template <typename Message>
  static bool take_one(const std::string& type, Frame& frame, Direction& into) {
    if constexpr (std::is_same_v<Message, Event>) {
      Event event;
      if (!Choice<Happening>::take(type, frame, event.what)) return false;
      const Where where("message ", type.c_str());
      from_value(required(frame.header, "slot", where), event.slot, Where(where, "slot"));
      into = std::move(event);
    } else {
      if (type != Message::type) return false;
      Message message;
      from_value<Message>(frame.header, message, Where("message ", Message::type));
      if constexpr (CarriesBytes<Message>) message.bytes = std::move(frame.bytes);
      into = std::move(message);
    }
    return true;
  }

  template <typename Message>
  static void list(std::vector<std::string>& all) {
    if constexpr (std::is_same_v<Message, Event>) {
      for (std::string& type : Choice<Happening>::types()) all.push_back(std::move(type));
    } else {
      all.emplace_back(Message::type);
    }
  }
};

}  // namespace

Bytes framed(const Event& event) {
  return std::visit(
      [&](const auto& what) {
        Json header = header_of(what);
        header["slot"] = event.slot;
        if constexpr (CarriesBytes<decltype(what)>) {
          return encode_frame(header, what.bytes);
        } else {
          return encode_frame(header, {});
        }
      },
      event.what);
}

template <typename Direction>
Direction unframed(Frame&& frame) {
  const Where where("message");
  std::string type;
  from_value(required(frame.header, "type", where), type, Where(where, "type"));
  Direction message;
  if (!Choice<Direction>::take(type, frame, message)) {
    Where(where, "type")
        .refuse(fmt::format("'{}' is unknown here; known are {}", text::printable(type),
                            text::quoted_list(Choice<Direction>::types())));
  }
  return message;
}

template <typename Direction>
std::vector<Direction> unframed_all(const Bytes& buffer) {
  std::vector<Direction> messages;
  for (Frame& frame : frames_of(buffer)) messages.push_back(unframed<Direction>(std::move(frame)));
  return messages;
}

template FromWorker unframed<FromWorker>(Frame&&);
template ToWorker unframed<ToWorker>(Frame&&);
template ToFollower unframed<ToFollower>(Frame&&);
template ToLeader unframed<ToLeader>(Frame&&);
template std::vector<ToFollower> unframed_all<ToFollower>(const Bytes&);
template std::vector<ToLeader> unframed_all<ToLeader>(const Bytes&);

}  // namespace eigensweep::wire
