// SPDX-License-Identifier: MIT
#include "eigensweep/wire/fields.hpp"

#include <algorithm>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::wire {

std::string Where::text() const {
  if (parent_ == nullptr) return fmt::format("{}{}:", what_, name_);
  const std::string before = parent_->text();
  if (name_ == nullptr) return fmt::format("{}[{}]", before, index_);
  return fmt::format("{}{}{}", before, parent_->parent_ == nullptr ? " " : ".", name_);
}

void Where::refuse(const std::string& problem) const { throw DataError(fmt::format("{} {}", text(), problem)); }

const Json& required(const Json& json, const char* name, const Where& where) {
  if (!json.is_object()) where.refuse(fmt::format("must be an object, not {}", json.type_name()));
  const auto found = json.find(name);
  if (found == json.end()) Where(where, name).refuse("is missing");
  return *found;
}

std::int64_t integer_from(const Json& json, std::int64_t first, std::int64_t last, const Where& where) {
  // Checked before the conversion: converting a float beyond the int64 range is undefined behaviour.
  if (!json.is_number_integer()) where.refuse(fmt::format("must be an integer, not {}", json_text(json)));
  const bool is_beyond =
      json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  const auto value = is_beyond ? first : json.get<std::int64_t>();
  if (is_beyond || value < first || value > last) {
    where.refuse(fmt::format("must be from {} to {}, not {}", first, last, json_text(json)));
  }
  return value;
}

std::size_t choice_from(const Json& json, const std::vector<std::string>& words, const Where& where) {
  std::string given;
  from_value(json, given, where);
  const auto found = std::find(words.begin(), words.end(), given);
  if (found == words.end()) {
    where.refuse(fmt::format("'{}' is unknown; known are {}", text::printable(given), text::quoted_list(words)));
  }
  return static_cast<std::size_t>(found - words.begin());
}

void from_value(const Json& json, std::string& value, const Where& where) {
  if (!json.is_string()) where.refuse(fmt::format("must be a string, not {}", json.type_name()));
  value = json.get_ref<const std::string&>();
}

void from_value(const Json& json, bool& value, const Where& where) {
  if (!json.is_boolean()) where.refuse(fmt::format("must be a boolean, not {}", json.type_name()));
  value = json.get<bool>();
}

void from_value(const Json& json, double& value, const Where& where) {
  if (!json.is_number()) where.refuse(fmt::format("must be a number, not {}", json.type_name()));
  value = json.get<double>();
}

void from_value(const Json& json, Json& value, const Where& /*where*/) { value = json; }

void from_value(const Json& json, Bytes& value, const Where& where) {
  if (!json.is_binary()) where.refuse(fmt::format("must be bytes, not {}", json.type_name()));
  value = json.get_binary();
}

Json to_value(const Bytes& value) { return Json::binary(value); }

}  // namespace eigensweep::wire
