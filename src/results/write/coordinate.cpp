// SPDX-License-Identifier: MIT
#include "coordinate.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace eigensweep::results {
namespace {

template <typename Number>
void write_numbers(NetcdfWriter& writer, const VariableSpec& spec, const std::vector<Json>& values) {
  writer.add_numbers(spec, [&](std::size_t row, std::uint8_t* bytes) {
    if (values[row].is_null()) return;
    const auto number_of = [](const Json& json) {
      if (json == "inf") return std::numeric_limits<Number>::infinity();
      return json.is_boolean() ? static_cast<Number>(json.get<bool>()) : json.get<Number>();
    };
    const Number value = number_of(values[row]);
    std::memcpy(bytes, &value, sizeof value);
  });
}

std::string as_text(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

void write_coordinate(NetcdfWriter& writer, VariableSpec spec, const std::vector<Json>& values) {
  const auto all = [&](auto&& holds) { return std::all_of(values.begin(), values.end(), holds); };
  spec.has_fill = false;
  if (all([](const Json& value) { return value.is_boolean(); })) {
    spec.dtype = "i8";
    spec.attributes.emplace_back("dtype", "bool");
    write_numbers<std::int8_t>(writer, spec, values);
  } else if (all([](const Json& value) { return value.is_number_integer(); })) {
    spec.dtype = "i64";
    write_numbers<std::int64_t>(writer, spec, values);
  } else if (all([](const Json& value) { return value.is_number() || value.is_null() || value == "inf"; })) {
    spec.dtype = "f64";
    spec.has_fill = true;
    write_numbers<double>(writer, spec, values);
  } else {
    spec.dtype = "text";
    std::vector<std::string> texts;
    std::transform(values.begin(), values.end(), std::back_inserter(texts), as_text);
    writer.add_texts(spec, texts);
  }
}

}  // namespace eigensweep::results
