// SPDX-License-Identifier: MIT
#include "value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "declare/words.hpp"
#include "eigensweep/core/path_name.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::study {
namespace {

// More values than any axis needs; a step of 1e-9 is a typing error.
constexpr double most_values = 1e6;
// Beyond it, several integers read as the same double.
constexpr std::int64_t largest_whole = std::int64_t{1} << 53;

/// The list of {"logspace": [...]} and its like where a value belongs; null if it is none.
const Node* rule_of(const Node& node) {
  for (const char* rule : {"linspace", "logspace", "range"}) {
    if (const Node* found = node.find(rule); found != nullptr && node.members.size() == 1) return found;
  }
  return nullptr;
}

[[noreturn]] void wrong_type(const Node& node, const Option& option, const Source& source) {
  std::string advice;
  if (node.is_list() && option.type != Type::number_list) {
    advice = "; several values are written {\"sweep\": [...]}";
  } else if (const Node* rule = rule_of(node); rule != nullptr) {
    advice = fmt::format("; write {{\"sweep\": {{\"{}\": ...}}}}", node.members.front().key);
  } else if (node.is_object()) {
    advice = "; an option holds a value or {\"sweep\": ...}";
  } else if (node.shape == Node::Shape::scalar && node.scalar.is_string() &&
             (option.type == Type::integer || option.type == Type::number)) {
    const auto text = node.scalar.get<std::string>();
    advice = text.find_first_of("0123456789") == std::string::npos ? "; write a number" : "; write it without quotes";
    if (option.infinite) advice += ", or \"inf\"";
    if (const std::optional<double> value = fraction(text)) {
      advice = fmt::format("; JSON has no fractions: write {}", text::number(*value));
    }
  }
  source.fail(node.pointer,
              fmt::format("{} is not {} ({}){}", words(node), type_words(option.type), option.meaning, advice));
}

void check_range(double value, const Node& node, const Option& option, const Source& source) {
  const Range& range = option.range;
  const bool low_holds = range.low_is_open ? value > range.low : value >= range.low;
  if (!low_holds || !(value <= range.high)) {
    source.fail(node.pointer, fmt::format("{} is out of range ({}); give a value {}", words(node), option.meaning,
                                          range_words(range)));
  }
}

// A value with a literal has passed through a double, where 9007199254740993 becomes 2^53. So 2^53 itself is exact only
// without a literal.
bool is_exact(const Node& node) {
  if (node.scalar.is_number_unsigned()) return node.scalar.get<std::uint64_t>() <= std::uint64_t{largest_whole};
  if (node.scalar.is_number_integer()) return node.scalar.get<std::int64_t>() >= -largest_whole;
  const double value = std::abs(node.scalar.get<double>());
  return node.literal.empty() ? value <= static_cast<double>(largest_whole)
                              : value < static_cast<double>(largest_whole);
}

void refuse_inexact(const Node& node, const Source& source) {
  if (is_exact(node)) return;
  source.fail(node.pointer, fmt::format("{} is too large for an exact integer (between -2^53 and 2^53 = {}, written "
                                        "with digits alone); give a smaller one",
                                        words(node), largest_whole));
}

Json read_integer(const Node& node, const Option& option, const Source& source) {
  if (option.infinite && node.shape == Node::Shape::scalar && node.scalar == "inf") return "inf";
  if (node.shape != Node::Shape::scalar || !node.scalar.is_number()) wrong_type(node, option, source);
  const double value = node.scalar.get<double>();
  if (std::trunc(value) != value) wrong_type(node, option, source);
  check_range(value, node, option, source);
  refuse_inexact(node, source);
  return static_cast<long long>(value);
}

Json read_number(const Node& node, const Option& option, const Source& source) {
  if (node.shape != Node::Shape::scalar || !node.scalar.is_number()) wrong_type(node, option, source);
  const double value = node.scalar.get<double>();
  check_range(value, node, option, source);
  return value == 0.0 ? 0.0 : value;  // -0 is 0
}

Json read_choice(const Node& node, const Option& option, const Source& source) {
  if (node.shape != Node::Shape::scalar || !node.scalar.is_string()) wrong_type(node, option, source);
  const auto name = node.scalar.get<std::string>();
  for (const std::string& choice : option.choices) {
    if (choice == name) return name;
  }
  source.fail(node.pointer,
              fmt::format("'{}' is not a choice of '{}'{}", name, option.name, text::suggestion(name, option.choices)));
}

// Absolute, because the process that uses it may run in another folder.
Json read_path(const Node& node, const Source& source) {
  const std::filesystem::path given(node.scalar.get<std::string>());
  if (given.empty()) return node.scalar;
  const std::filesystem::path path = std::filesystem::absolute(source.folder / given);
  std::string complaint = file::wrong_characters(given.string());
  if (complaint.empty()) complaint = file::wrong_length(path);
  if (!complaint.empty()) source.fail(node.pointer, complaint);
  return given.is_absolute() ? node.scalar : Json(path.lexically_normal().string());
}

// The number that a user would have typed. Otherwise 0.1 * 3 would be another value than 0.3, and another trial; and
// 0.9 - 3 * 0.3 another than 0, at which a penalty is off. `scale`: the largest number that `value` was computed from.
// Whole numbers stay as they are: from 10^15 on they have more digits.
double tidy(double value, double scale) {
  if (std::trunc(value) == value) return value;
  const auto read = [](const std::string& digits) { return std::strtod(digits.c_str(), nullptr); };
  // Twelve digits of the scale, if no more than rounding is lost.
  const int decimals = std::max(0, 11 - static_cast<int>(std::floor(std::log10(scale))));
  const double short_one = read(fmt::format("{:.{}f}", value, decimals)) + 0.0;  // not -0
  constexpr double rounding = 4 * std::numeric_limits<double>::epsilon();
  if (std::abs(value - short_one) <= rounding * scale) return short_one;
  return read(fmt::format("{:.15g}", value));
}

double sweep_number(const Node& node, const Source& source) {
  if (node.shape != Node::Shape::scalar || !node.scalar.is_number()) {
    source.fail(node.pointer, fmt::format("{} is not a number", words(node)));
  }
  return node.scalar.get<double>();
}

std::vector<double> linspace(double first, double last, std::size_t count) {
  std::vector<double> values;
  const auto steps = static_cast<double>(count - 1);
  for (std::size_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / steps;
    values.push_back(tidy(first * (1.0 - share) + last * share, std::max(std::abs(first), std::abs(last))));
  }
  return values;
}

std::vector<double> logspace(double first, double last, std::size_t count) {
  std::vector<double> values;
  const auto steps = static_cast<double>(count - 1);
  for (std::size_t i = 0; i < count; ++i) {
    const double value = first * std::pow(last / first, static_cast<double>(i) / steps);
    values.push_back(tidy(value, value));
  }
  values.back() = tidy(last, last);
  return values;
}

std::vector<double> range(double start, double stop, double step) {
  // The tolerance lets 0.3 be hit by 0, 0.1, 0.2, 0.3.
  const auto count = static_cast<std::size_t>(std::floor((stop - start) / step + 1e-9)) + 1;
  std::vector<double> values;
  const double scale = std::max({std::abs(start), std::abs(stop), std::abs(step)});
  for (std::size_t i = 0; i < count; ++i) values.push_back(tidy(start + static_cast<double>(i) * step, scale));
  return values;
}

// The values of {"linspace": [...]} and its like.
std::vector<double> generated(const Node& node, const Option& option, const Source& source) {
  static const std::vector<std::string> known{"linspace", "logspace", "range"};
  if (node.members.size() != 1) {
    source.fail(node.pointer, "a sweep is a list or one of 'linspace', 'logspace', 'range'");
  }
  const std::string& rule = node.members.front().key;
  const Node& list = node.members.front().value;
  if (rule != "linspace" && rule != "logspace" && rule != "range") {
    source.fail(list.pointer, fmt::format("unknown kind of sweep{}", text::suggestion(rule, known)));
  }
  const bool is_range = rule == "range";
  if (!list.is_list() || list.elements.size() != 3) {
    source.fail(list.pointer,
                fmt::format("'{}' takes {}", rule, is_range ? "[start, stop, step]" : "[first, last, count]"));
  }
  const double a = sweep_number(list.elements[0], source);
  const double b = sweep_number(list.elements[1], source);
  const double c = sweep_number(list.elements[2], source);
  if (option.type == Type::integer) {
    for (const Node& element : list.elements) refuse_inexact(element, source);
  }
  if (is_range) {
    if (c == 0.0 || (b - a) / c < 0.0) {
      source.fail(list.pointer, fmt::format("a step of {} never leads from {} to {}", words(list.elements[2]),
                                            words(list.elements[0]), words(list.elements[1])));
    }
    if ((b - a) / c > most_values) source.fail(list.pointer, "more than 1,000,000 values; choose a larger step");
    return range(a, b, c);
  }
  if (std::trunc(c) != c || c < 2 || c > most_values) {
    source.fail(list.elements[2].pointer,
                fmt::format("{} is not a count; give an integer between 2 and 1,000,000", words(list.elements[2])));
  }
  if (rule == "logspace" && (a < 0.0 || b < 0.0)) {
    source.fail(list.pointer,
                fmt::format("'logspace' takes the ends themselves, not their exponents; for 10^{} to "
                            "10^{} write [{}, {}, {}]",
                            words(list.elements[0]), words(list.elements[1]), text::number(std::pow(10, a)),
                            text::number(std::pow(10, b)), words(list.elements[2])));
  }
  if (rule == "logspace" && !(a > 0.0 && b > 0.0)) {
    source.fail(list.pointer, "'logspace' needs ends above 0; add 0 with a list of values");
  }
  const auto count = static_cast<std::size_t>(c);
  return rule == "linspace" ? linspace(a, b, count) : logspace(a, b, count);
}

}  // namespace

std::optional<double> fraction(const std::string& words) {
  double above = 0, below = 0;
  int read = 0;
  if (std::sscanf(words.c_str(), "%lf / %lf %n", &above, &below, &read) != 2) return std::nullopt;
  if (static_cast<std::size_t>(read) != words.size() || below == 0) return std::nullopt;
  return above / below;
}

Json read_value(const Node& node, const Option& option, const Source& source) {
  switch (option.type) {
    case Type::boolean:
      if (node.shape != Node::Shape::scalar || !node.scalar.is_boolean()) wrong_type(node, option, source);
      return node.scalar;
    case Type::integer:
      return read_integer(node, option, source);
    case Type::number:
      return read_number(node, option, source);
    case Type::text:
      if (node.shape != Node::Shape::scalar || !node.scalar.is_string()) wrong_type(node, option, source);
      return option.path ? read_path(node, source) : node.scalar;
    case Type::choice:
      return read_choice(node, option, source);
    case Type::number_list: {
      if (!node.is_list()) wrong_type(node, option, source);
      Json list = Json::array();
      for (const Node& element : node.elements) list.push_back(read_number(element, option, source));
      return list;
    }
  }
  return nullptr;
}

std::vector<Json> read_sweep(const Node& node, const Option& option, const Source& source) {
  if (node.members.size() != 1) {
    source.fail(node.pointer, "'sweep' stands with other keys; it takes the place of a value, alone");
  }
  const Node& content = *node.find("sweep");
  std::vector<Json> values;
  const auto take = [&](const Node& element) { values.push_back(read_value(element, option, source)); };
  if (content.is_list()) {
    for (const Node& element : content.elements) take(element);
  } else if (content.is_object()) {
    if (option.type != Type::integer && option.type != Type::number) {
      source.fail(content.pointer, fmt::format("'{}' holds no numbers; list its values", option.name));
    }
    Node made;  // one for all: an axis may have a million values
    made.pointer = content.pointer;
    for (const double value : generated(content, option, source)) {
      made.scalar = value;
      take(made);
    }
  } else {
    source.fail(content.pointer, fmt::format("{} is not a sweep; give a list of values or one of 'linspace', "
                                             "'logspace', 'range'",
                                             words(content)));
  }
  if (values.empty()) source.fail(content.pointer, "an empty sweep; give at least one value");
  return values;
}

}  // namespace eigensweep::study
