// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "eigensweep/wire/fields.hpp"

namespace eigensweep::wire {

template <std::integral Integer>
void from_value(const Json& json, Integer& value, const Where& where) {
  // Integers above the int64 range are refused, even for std::uint64_t.
  constexpr bool is_narrow = sizeof(Integer) < sizeof(std::int64_t);
  constexpr std::int64_t most = is_narrow ? static_cast<std::int64_t>(std::numeric_limits<Integer>::max())
                                          : std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t least =
      std::is_unsigned_v<Integer> ? 0 : static_cast<std::int64_t>(std::numeric_limits<Integer>::min());
  value = static_cast<Integer>(integer_from(json, least, most, where));
}

template <HasWords Enum>
void from_value(const Json& json, Enum& value, const Where& where) {
  value = static_cast<Enum>(choice_from(json, words_of<Enum>(), where));
}

template <typename Element>
void from_value(const Json& json, std::vector<Element>& value, const Where& where) {
  if (!json.is_array()) where.refuse(std::string("must be an array, not ") + json.type_name());
  value.clear();
  value.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) from_value(json[i], value.emplace_back(), Where(where, i));
}

template <typename Element>
void from_value(const Json& json, std::map<std::string, Element>& value, const Where& where) {
  if (!json.is_object()) where.refuse(std::string("must be an object, not ") + json.type_name());
  value.clear();
  for (const auto& [name, entry] : json.get_ref<const Json::object_t&>()) {
    from_value(entry, value[name], Where(where, name.c_str()));
  }
}

template <HasFields Struct>
void from_value(const Json& json, Struct& value, const Where& where) {
  std::apply(
      [&](const auto&... fields) {
        (from_value(required(json, fields.name, where), value.*fields.member, Where(where, fields.name)), ...);
      },
      Struct::fields());
}

template <typename Number>
requires std::is_arithmetic_v<Number> Json to_value(Number value) { return value; }

template <HasWords Enum>
Json to_value(Enum value) {
  return std::string(word(value));
}

template <typename Element>
Json to_value(const std::vector<Element>& value) {
  Json json = Json::array();
  for (const auto& element : value) json.push_back(to_value(element));
  return json;
}

template <typename Element>
Json to_value(const std::map<std::string, Element>& value) {
  Json json = Json::object();
  for (const auto& [name, element] : value) json[name] = to_value(element);
  return json;
}

template <HasFields Struct>
Json to_value(const Struct& value) {
  Json json = Json::object();
  std::apply([&](const auto&... fields) { ((json[fields.name] = to_value(value.*fields.member)), ...); },
             Struct::fields());
  return json;
}

}  // namespace eigensweep::wire
