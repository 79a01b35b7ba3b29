// SPDX-License-Identifier: MIT
#include "json_slips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "eigensweep/core/text.hpp"
#include "value.hpp"

namespace eigensweep::study {
namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_digit(char letter) { return std::isdigit(static_cast<unsigned char>(letter)) != 0; }

bool is_in_word(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_'; }

/// The word or number around a place: letters, digits, underscores, dots and signs.
std::string_view token_at(std::string_view text, std::size_t place) {
  const auto belongs = [&](std::size_t i) {
    return is_in_word(text[i]) || text[i] == '.' || text[i] == '+' || text[i] == '-';
  };
  if (!belongs(place)) {
    // The parser stops one byte after a word that it does not know.
    if (place == 0 || !belongs(place - 1)) return {};
    --place;
  }
  std::size_t begin = place;
  std::size_t end = place + 1;
  while (begin > 0 && belongs(begin - 1)) --begin;
  while (end < text.size() && belongs(end)) ++end;
  return text.substr(begin, end - begin);
}

std::string word_slip(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> known{{
      {"None", "null, or leave the option out"},
      {"True", "true"},
      {"False", "false"},
      {"Infinity", "\"inf\", with the quotes"},
      {"inf", "\"inf\", with the quotes"},
      {"-Infinity", "a number"},
      {"-inf", "a number"},
      {"NaN", "a number"},
      {"nan", "a number"},
  }};
  for (const auto& [habit, instead] : known) {
    if (word == habit) return fmt::format("{} is no JSON; write {}", word, instead);
  }
  const bool is_name = std::isalpha(static_cast<unsigned char>(word.front())) != 0 || word.front() == '_';
  return is_name ? fmt::format("'{0}' stands without quotes; write \"{0}\"", word) : "";
}

/// Numbers that Python reads and JSON does not.
std::string number_slip(std::string_view number) {
  if (std::none_of(number.begin(), number.end(), is_digit)) return "";
  std::string instead(number);
  if (instead.find('_') != std::string::npos) std::erase(instead, '_');
  if (instead.front() == '+') instead.erase(0, 1);
  const std::size_t first = instead.front() == '-' ? 1 : 0;
  while (instead.size() > first + 1 && instead[first] == '0' && is_digit(instead[first + 1])) instead.erase(first, 1);
  if (instead.size() > first && instead[first] == '.') instead.insert(first, 1, '0');
  if (const std::size_t dot = instead.find('.'); dot != std::string::npos) {
    if (dot + 1 == instead.size() || !is_digit(instead[dot + 1])) instead.insert(dot + 1, 1, '0');
  }
  return instead == number ? "" : fmt::format("{} is no number of JSON; write {}", number, instead);
}

/// Of 8/255 around a slash.
std::string fraction_slip(std::string_view text, std::size_t slash) {
  constexpr std::string_view parts = "0123456789.eE+- ";
  std::size_t begin = slash;
  std::size_t end = slash + 1;
  while (begin > 0 && parts.find(text[begin - 1]) != std::string_view::npos) --begin;
  while (end < text.size() && parts.find(text[end]) != std::string_view::npos) ++end;
  const std::optional<double> value = fraction(std::string(text.substr(begin, end - begin)));
  return value ? fmt::format("JSON has no fractions: write {}", text::number(*value))
               : "JSON has no fractions: write the number";
}

/// Whether a value ends with this letter.
bool ends_value(char letter) { return letter == '"' || letter == '}' || letter == ']' || is_in_word(letter); }

/// The value that begins at a place, cut short.
std::string value_from(std::string_view text, std::size_t place) {
  constexpr std::size_t most = 24;
  std::size_t end = text[place] == '"' ? text.find('"', place + 1) : place;
  if (end == std::string_view::npos || end - place > most) return std::string(1, text[place]);
  return std::string(text.substr(place, end + 1 - place));
}

}  // namespace

std::string json_slip(std::string_view text, std::size_t position, std::string_view reason) {
  const auto wanted = [&](std::string_view what) { return reason.find(what) != std::string_view::npos; };
  if (text.find_first_not_of(blanks) == std::string_view::npos) return "the file is empty";
  if (position > text.size()) return "the file ends before every bracket and quote is closed; close them";
  if (position == 0) return "";
  // The parser stops at the end of a text that it does not expect: the slip is where that begins.
  std::size_t place = position - 1;
  const char found = text[place];
  const std::size_t before = place == 0 ? std::string_view::npos : text.find_last_not_of(blanks, place - 1);
  const char previous = before == std::string_view::npos ? '\0' : text[before];
  if ((found == '}' || found == ']') && previous == ',') {
    return fmt::format("a comma stands before '{}'; take it out", found);
  }
  if (wanted("expected end of input")) return "something follows the '}' that ends the study; take it out, or that '}'";
  if ((found == '}' || found == ']' || found == ',') && previous != '\0' && !ends_value(previous) && previous != '.') {
    return fmt::format("a value is missing before '{}'", found);
  }
  if (found == '/' && is_digit(previous)) return fraction_slip(text, place);
  if (found == '/' || found == '#') return "comments are not part of it; write \"description\"";
  if (found == '\'') return "texts and names stand in double quotes; write \" for '";
  if (found == '}' && wanted("expected ']'")) return "a ']' is missing before '}'";
  if (found == ']' && wanted("expected '}'")) return "a '}' is missing before ']'";
  if (wanted("expected ':'")) return "a colon is missing after a name";
  if (found == '"') {
    const std::size_t opens = place == 0 ? std::string_view::npos : text.rfind('"', place - 1);
    if (opens != std::string_view::npos && opens > 0) {
      const std::size_t last = text.find_last_not_of(blanks, opens - 1);
      if (last != std::string_view::npos && ends_value(text[last])) {
        return fmt::format("a comma is missing before {}", value_from(text, opens));
      }
    }
    return "";
  }
  if ((found == '{' || found == '[') && ends_value(previous))
    return fmt::format("a comma is missing before '{}'", found);
  const std::string_view token = token_at(text, place);
  if (token.empty()) return "";
  if (std::string words = number_slip(token); !words.empty()) return words;
  const auto start = static_cast<std::size_t>(token.data() - text.data());
  const std::size_t last = start == 0 ? std::string_view::npos : text.find_last_not_of(blanks, start - 1);
  if (last != std::string_view::npos && ends_value(text[last]))
    return fmt::format("a comma is missing before {}", token);
  return word_slip(token);
}

}  // namespace eigensweep::study
