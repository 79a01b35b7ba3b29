// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"

namespace eigensweep::study {

enum class Type { boolean, integer, number, text, choice, number_list };

/// Closed interval of admissible values; an open end is an infinity.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_is_open = false;  ///< the lower end itself is not admissible ("> 0")
};

/// One option, declared once. Parsing, validation, the written-back study, the text of `eigensweep describe` and the
/// JSON Schema all follow from this declaration.
struct Option {
  std::string name;
  Type type = Type::number;
  Json default_value;  ///< null: the user must give it
  Range range;
  std::vector<std::string> choices;
  std::string unit;       ///< "pixel" (input units, [0, 1]), "epochs", "" for none
  std::string meaning;    ///< one sentence, lower case, no full stop
  bool per_lane = false;  ///< trials that differ only here may train side by side in one pack
  bool path = false;      ///< names a file or folder; a relative one starts at the study file's folder
  bool infinite = false;  ///< integers: "inf" is a value, too
  bool identity = true;   ///< part of the identity of a trial or an evaluation; false for a file's location
};

/// The options of one kind or one section, in the order in which they are described.
/// Usage: Options{}.integer("steps", 40, {1, 1e6}, "gradient steps").number("epsilon", ...).per_lane()
/// A default of std::nullopt makes the option required.
class Options {
 public:
  Options& boolean(std::string name, std::optional<bool> default_value, std::string meaning);
  Options& integer(std::string name, std::optional<long long> default_value, Range range, std::string meaning);
  Options& number(std::string name, std::optional<double> default_value, Range range, std::string meaning);
  Options& text(std::string name, std::optional<std::string> default_value, std::string meaning);
  Options& choice(std::string name, std::optional<std::string> default_value, std::vector<std::string> choices,
                  std::string meaning);
  Options& number_list(std::string name, std::optional<std::vector<double>> default_value, Range element_range,
                       std::string meaning);
  /// Modifiers of the option declared last.
  /// It has no default: the user must give it.
  Options& required();
  Options& unit(std::string unit);
  Options& per_lane();
  /// The integer may be "inf", too.
  Options& or_infinite();
  /// The option says where or how, not what: results stay valid when it changes (the folder of a dataset).
  Options& not_identity();
  /// The text is a path, relative to the study file's folder; never part of identity.
  Options& path();

  [[nodiscard]] const std::vector<Option>& all() const noexcept { return options_; }
  [[nodiscard]] const Option* find(const std::string& name) const noexcept;

 private:
  Options& add(Option option);
  std::vector<Option> options_;
};

}  // namespace eigensweep::study
