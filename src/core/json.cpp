// SPDX-License-Identifier: MIT
#include "eigensweep/core/json.hpp"

#include <algorithm>
#include <cmath>

namespace eigensweep {
namespace {

bool is_infinite(const Json& json) { return json.is_number_float() && std::isinf(json.get<double>()); }

bool holds_infinity(const Json& json) {
  return is_infinite(json) || (json.is_structured() && std::any_of(json.begin(), json.end(), holds_infinity));
}

void name_infinities(Json& json) {
  if (is_infinite(json)) {
    json = json.get<double>() > 0 ? "inf" : "-inf";
  } else if (json.is_structured()) {
    std::for_each(json.begin(), json.end(), name_infinities);
  }
}

std::string plain_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string json_text(const Json& json, int indent) {
  if (!holds_infinity(json)) return plain_text(json, indent);
  Json named = json;
  name_infinities(named);
  return plain_text(named, indent);
}

}  // namespace eigensweep
