// SPDX-License-Identifier: MIT
#include "eigensweep/core/duration.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <vector>

namespace eigensweep::text {
namespace {

constexpr double minute = 60;
constexpr double hour = 3600;
constexpr double day = 86400;

/// Removes a number without sign from the beginning of `text` and returns it. Nothing when there is none.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// "1h30m": numbers with units, the largest first.
std::optional<double> parse_units(std::string_view text) {
  double seconds = 0;
  double last = day * 2;
  while (!text.empty()) {
    const auto value = take_number(text);
    if (!value || text.empty()) return std::nullopt;
    const char unit = text.front();
    text.remove_prefix(1);
    const double scale = unit == 'd' ? day : unit == 'h' ? hour : unit == 'm' ? minute : unit == 's' ? 1 : 0;
    if (scale == 0 || scale >= last) return std::nullopt;
    seconds += *value * scale;
    last = scale;
  }
  return seconds;
}

/// "[days-]a:b:c": the fields between colons.
std::optional<double> parse_clock(std::string_view text) {
  double days = 0;
  bool has_days = false;
  std::vector<double> fields;
  for (;;) {
    const auto value = take_number(text);
    if (!value) return std::nullopt;
    if (!text.empty() && text.front() == '-' && !has_days && fields.empty()) {
      has_days = true;
      days = *value;
    } else {
      fields.push_back(*value);
      if (text.empty()) break;
      if (text.front() != ':') return std::nullopt;
    }
    text.remove_prefix(1);
  }
  if (fields.size() > 3) return std::nullopt;
  // With days the first field is hours; without, the last one is seconds.
  double seconds = 0;
  double scale = has_days ? hour : fields.size() == 3 ? hour : fields.size() == 2 ? minute : 1;
  for (const double field : fields) {
    seconds += field * scale;
    scale /= minute;
  }
  return days * day + seconds;
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text.find_first_of("dhms") != std::string_view::npos ? parse_units(text) : parse_clock(text);
}

std::string clock_duration(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(seconds));
  const std::string days = whole >= 86400 ? fmt::format("{}-", whole / 86400) : "";
  return fmt::format("{}{:02}:{:02}:{:02}", days, whole % 86400 / 3600, whole % 3600 / 60, whole % 60);
}

}  // namespace eigensweep::text
