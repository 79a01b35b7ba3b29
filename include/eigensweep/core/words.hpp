// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace eigensweep {

/// An enum with a word for each of its values, as files, messages and people read them. Its values count from 0. Beside
/// it stands its one table, a switch without default, which the compiler refuses as long as a value has no word:
///
///   enum class Colour : std::uint8_t { red, green };
///   constexpr std::string_view word(Colour colour) {
///     switch (colour) {
///       case Colour::red: return "red";
///       case Colour::green: return "green";
///     }
///     return "";  // past the last value
///   }
template <typename Enum>
concept HasWords = std::is_enum_v<Enum> && requires(Enum value) {
  { word(value) } -> std::same_as<std::string_view>;
};

/// The value of a word, if it is one.
template <HasWords Enum>
constexpr std::optional<Enum> from_word(std::string_view text) {
  for (std::underlying_type_t<Enum> i = 0; !word(static_cast<Enum>(i)).empty(); ++i) {
    if (word(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

/// All words, in the order of their values.
template <HasWords Enum>
std::vector<std::string> words_of() {
  std::vector<std::string> words;
  for (std::underlying_type_t<Enum> i = 0; !word(static_cast<Enum>(i)).empty(); ++i) {
    words.emplace_back(word(static_cast<Enum>(i)));
  }
  return words;
}

}  // namespace eigensweep
