// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/core/words.hpp"

namespace eigensweep::wire {

using Bytes = std::vector<std::uint8_t>;

/// A field of a struct that is sent or stored: its name in the encoding and its member. A struct lists its fields once:
///
///   struct Doubt {
///     std::size_t slot = 0;
///     double seconds = 0;
///     static constexpr auto fields() {
///       return std::tuple(field("slot", &Doubt::slot), field("seconds", &Doubt::seconds));
///     }
///   };
template <typename Struct, typename Value>
struct Field {
  const char* name;
  Value Struct::*member;
};

template <typename Struct, typename Value>
constexpr Field<Struct, Value> field(const char* name, Value Struct::*member) {
  return {name, member};
}

template <typename Struct>
concept HasFields = requires {
  Struct::fields();
};

/// The position of a value, for error messages: "record: columns.loss.shape[0]". The text is built only on an error,
/// because most values are valid. It keeps pointers to its parent and to the names, and must not outlive them.
class Where {
 public:
  /// `what` and `name` are joined to name what is read, for example "message " and "hello".
  explicit Where(const char* what, const char* name = "") : what_(what), name_(name) {}
  Where(const Where& parent, const char* name) : parent_(&parent), name_(name) {}
  Where(const Where& parent, std::size_t index) : parent_(&parent), index_(index) {}
  [[nodiscard]] std::string text() const;
  /// Throws DataError with the position, then `problem`.
  [[noreturn]] void refuse(const std::string& problem) const;

 private:
  const Where* parent_ = nullptr;
  const char* what_ = "";
  const char* name_ = nullptr;
  std::size_t index_ = 0;
};

/// The field of that name. Throws DataError when it is missing or `json` is not an object.
const Json& required(const Json& json, const char* name, const Where& where);
/// An integer from `first` to `last`. Throws DataError for anything else.
std::int64_t integer_from(const Json& json, std::int64_t first, std::int64_t last, const Where& where);
/// The index in `words` of the given string. Throws DataError when it is not among them.
std::size_t choice_from(const Json& json, const std::vector<std::string>& words, const Where& where);

// How each type is encoded. from_value() throws DataError when a field is missing or has the wrong type. It ignores
// unknown fields.
void from_value(const Json& json, std::string& value, const Where& where);
void from_value(const Json& json, bool& value, const Where& where);
void from_value(const Json& json, double& value, const Where& where);
void from_value(const Json& json, Json& value, const Where& where);
void from_value(const Json& json, Bytes& value, const Where& where);  ///< a CBOR byte string

template <std::integral Integer>
void from_value(const Json& json, Integer& value, const Where& where);
template <HasWords Enum>
void from_value(const Json& json, Enum& value, const Where& where);
template <typename Element>
void from_value(const Json& json, std::vector<Element>& value, const Where& where);
template <typename Element>
void from_value(const Json& json, std::map<std::string, Element>& value, const Where& where);
template <HasFields Struct>
void from_value(const Json& json, Struct& value, const Where& where);

Json to_value(const Bytes& value);
inline Json to_value(const std::string& value) { return value; }
inline Json to_value(const Json& value) { return value; }
template <typename Number>
requires std::is_arithmetic_v<Number> Json to_value(Number value);
template <HasWords Enum>
Json to_value(Enum value);
template <typename Element>
Json to_value(const std::vector<Element>& value);
template <typename Element>
Json to_value(const std::map<std::string, Element>& value);
template <HasFields Struct>
Json to_value(const Struct& value);

}  // namespace eigensweep::wire

#include "eigensweep/wire/fields_impl.hpp"
