// SPDX-License-Identifier: MIT
#include "eigensweep/core/words.hpp"

#include <catch2/catch.hpp>
#include <cstdint>

namespace painting {

enum class Colour : std::uint8_t { red, green, blue };

constexpr std::string_view word(Colour colour) {
  switch (colour) {
    case Colour::red:
      return "red";
    case Colour::green:
      return "green";
    case Colour::blue:
      return "blue";
  }
  return "";
}

}  // namespace painting

using eigensweep::from_word;
using eigensweep::words_of;
using painting::Colour;

TEST_CASE("a word finds its value, and only a whole word does") {
  static_assert(from_word<Colour>("blue") == Colour::blue);
  CHECK(from_word<Colour>("red") == Colour::red);
  CHECK_FALSE(from_word<Colour>("gree"));
  CHECK_FALSE(from_word<Colour>("Red"));
  CHECK_FALSE(from_word<Colour>(""));
}

TEST_CASE("the words come in the order of their values") {
  CHECK(words_of<Colour>() == std::vector<std::string>{"red", "green", "blue"});
}
