// SPDX-License-Identifier: MIT
#include "words.hpp"

#include <fmt/format.h>

#include <cmath>

#include "eigensweep/core/text.hpp"

namespace eigensweep::study {

std::string range_words(const Range& range) {
  const bool low = std::isfinite(range.low);
  const bool high = std::isfinite(range.high);
  const char* above = range.low_is_open ? "above" : "at least";
  if (low && high && !range.low_is_open) {
    return fmt::format("between {} and {}", text::number(range.low), text::number(range.high));
  }
  if (low && high) {
    return fmt::format("{} {} and at most {}", above, text::number(range.low), text::number(range.high));
  }
  if (!low && !high) return "";
  if (low) return fmt::format("{} {}", above, text::number(range.low));
  return fmt::format("at most {}", text::number(range.high));
}

const char* type_words(Type type) {
  switch (type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "an integer";
    case Type::number:
      return "a number";
    case Type::text:
    case Type::choice:
      return "a text";
    case Type::number_list:
      return "a list of numbers";
  }
  return "";
}

}  // namespace eigensweep::study
