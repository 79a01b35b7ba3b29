// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/kind.hpp"
#include "eigensweep/study/declare/option.hpp"

namespace eigensweep::study {

/// An integer or infinity, which a study file writes as "inf".
struct IntegerOrInfinity {
  std::int64_t value = 0;
  bool is_infinite = false;
};

/// The options of a kind or a section as a struct T: each is one member, declared once with its name, range and
/// meaning. The member's initial value is the default.
///
///     struct Pgd : AttackedSamples {
///       std::int64_t steps = 40;
///       static study::Fields<Pgd> fields() {
///         return study::Fields<Pgd>().integer("steps", &Pgd::steps, {1, 1e6}, "number of gradient steps");
///       }
///     };
///
/// `read<Pgd>(json)` gives the struct, `options_of<Pgd>()` gives its options as the catalog lists them.
template <class T>
class Fields {
 public:
  Fields& boolean(std::string name, bool T::*member, const std::string& meaning) {
    options_.boolean(name, T().*member, meaning);
    return reads(std::move(name), member);
  }
  Fields& integer(std::string name, std::int64_t T::*member, Range range, const std::string& meaning) {
    options_.integer(name, T().*member, range, meaning);
    return reads(std::move(name), member);
  }
  /// The member's initial value is finite.
  Fields& integer(std::string name, IntegerOrInfinity T::*member, Range range, const std::string& meaning) {
    EIGENSWEEP_EXPECT(!(T().*member).is_infinite);
    options_.integer(name, (T().*member).value, range, meaning).or_infinite();
    setters_.push_back({std::move(name), [member](T& object, const Json& json) {
                          if (json == "inf") {
                            object.*member = {0, true};
                          } else {
                            object.*member = {json.get<std::int64_t>(), false};
                          }
                        }});
    return *this;
  }
  /// The same for a kind that does not go to infinity.
  Fields& finite_integer(std::string name, IntegerOrInfinity T::*member, Range range, const std::string& meaning) {
    options_.integer(name, (T().*member).value, range, meaning);
    setters_.push_back({std::move(name), [member](T& object, const Json& json) {
                          object.*member = {json.get<std::int64_t>(), false};
                        }});
    return *this;
  }
  Fields& number(std::string name, double T::*member, Range range, const std::string& meaning) {
    options_.number(name, T().*member, range, meaning);
    return reads(std::move(name), member);
  }
  Fields& text(std::string name, std::string T::*member, const std::string& meaning) {
    options_.text(name, T().*member, meaning);
    return reads(std::move(name), member);
  }
  /// One of several words, kept as text because no code branches on it.
  Fields& choice(std::string name, std::string T::*member, const std::vector<std::string>& choices,
                 const std::string& meaning) {
    options_.choice(name, T().*member, choices, meaning);
    return reads(std::move(name), member);
  }
  /// `words`: for each value of the enumeration its word in study files.
  template <class Enum, class Base>
  requires(std::is_enum_v<Enum>&& std::is_base_of_v<Base, T>) Fields& choice(
      std::string name, Enum Base::*member, std::vector<std::pair<std::string, Enum>> words,
      const std::string& meaning) {
    std::vector<std::string> choices;
    std::string usual;
    for (const auto& [word, value] : words) {
      choices.push_back(word);
      if (value == T().*member) usual = word;
    }
    EIGENSWEEP_EXPECT(!usual.empty());
    options_.choice(name, usual, std::move(choices), meaning);
    setters_.push_back({std::move(name), [member, words = std::move(words)](T& object, const Json& json) {
                          const auto& text = json.get_ref<const std::string&>();
                          for (const auto& [word, value] : words) {
                            if (word != text) continue;
                            object.*member = value;
                            return;
                          }
                          throw ContractViolation("a resolved option has the unknown word '" + text + "'");
                        }});
    return *this;
  }
  /// The option that an attack sweeps (epsilon). Its values form an inner array over one trained network, so no member
  /// holds them.
  Fields& intensity(std::string name, Range range, const std::string& meaning) {
    options_.number(std::move(name), std::nullopt, range, meaning);
    return *this;
  }

  /// Modifiers of the option declared last; see Options.
  Fields& required() { return modified(&Options::required); }
  Fields& unit(std::string unit) {
    options_.unit(std::move(unit));
    return *this;
  }
  Fields& per_lane() { return modified(&Options::per_lane); }
  Fields& path() { return modified(&Options::path); }
  Fields& not_identity() { return modified(&Options::not_identity); }

  [[nodiscard]] const Options& options() const noexcept { return options_; }

  /// The struct of a resolved section, in which every option has a value. Throws ContractViolation where one has none.
  [[nodiscard]] T read(const Json& json) const {
    return read(json,
                [](const std::string& name) { throw ContractViolation("the option '" + name + "' is not resolved"); });
  }
  /// The struct of a resolved section whose kind may declare some of these options only: the others stand at their
  /// initial values.
  [[nodiscard]] T read_declared(const Json& json) const {
    return read(json, [](const std::string&) {});
  }

 private:
  struct Setter {
    std::string name;
    std::function<void(T&, const Json&)> set;
  };

  template <class Missing>
  T read(const Json& json, const Missing& missing) const {
    T object;
    auto next = json.begin();  // resolved options stand in the order in which they are declared
    for (const Setter& setter : setters_) {
      auto found = next != json.end() && next.key() == setter.name ? next : json.find(setter.name);
      if (found == json.end()) {
        missing(setter.name);
        continue;
      }
      setter.set(object, *found);
      next = ++found;
    }
    return object;
  }

  template <class Value>
  Fields& reads(std::string name, Value T::*member) {
    setters_.push_back({std::move(name), [member](T& object, const Json& json) { json.get_to(object.*member); }});
    return *this;
  }
  Fields& modified(Options& (Options::*modifier)()) {
    (options_.*modifier)();
    return *this;
  }

  Options options_;
  std::vector<Setter> setters_;
};

/// The declaration of T, made once.
template <class T>
const Fields<T>& fields_of() {
  static const Fields<T> fields = T::fields();
  return fields;
}

template <class T>
const Options& options_of() {
  return fields_of<T>().options();
}

/// The options of a resolved section as their struct.
template <class T>
T read(const Json& json) {
  return fields_of<T>().read(json);
}

/// The same for each lane of a pack.
template <class T>
std::vector<T> read_lanes(const std::vector<Json>& lanes) {
  std::vector<T> structs;
  structs.reserve(lanes.size());
  for (const Json& lane : lanes) structs.push_back(read<T>(lane));
  return structs;
}

/// A row of a family's table whose options are those of T.
template <class T>
Kind declare(Family family, std::string name, std::string meaning, std::string source = "") {
  Kind kind;
  kind.family = family;
  kind.name = std::move(name);
  kind.meaning = std::move(meaning);
  kind.source = std::move(source);
  kind.options = options_of<T>();
  return kind;
}

/// One of Kind's functions, written for the struct: `kind.work = typed<Pgd>([](const Pgd&, const WorkContext&) ...)`.
template <class T, class Function>
auto typed(Function function) {
  return [function](const Json& options, const auto&... rest) { return function(read<T>(options), rest...); };
}

}  // namespace eigensweep::study
