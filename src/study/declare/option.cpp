// SPDX-License-Identifier: MIT
#include "eigensweep/study/declare/option.hpp"

#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::study {
namespace {

template <class T>
Json default_or_null(std::optional<T> value) {
  return value ? Json(*std::move(value)) : Json();
}

Option named(std::string name, Type type, Json default_value, std::string meaning) {
  Option option;
  option.name = std::move(name);
  option.type = type;
  option.default_value = std::move(default_value);
  option.meaning = std::move(meaning);
  return option;
}

}  // namespace

Options& Options::boolean(std::string name, std::optional<bool> default_value, std::string meaning) {
  return add(named(std::move(name), Type::boolean, default_or_null(default_value), std::move(meaning)));
}

Options& Options::integer(std::string name, std::optional<long long> default_value, Range range, std::string meaning) {
  Option option = named(std::move(name), Type::integer, default_or_null(default_value), std::move(meaning));
  option.range = range;
  return add(std::move(option));
}

Options& Options::number(std::string name, std::optional<double> default_value, Range range, std::string meaning) {
  Option option = named(std::move(name), Type::number, default_or_null(default_value), std::move(meaning));
  option.range = range;
  return add(std::move(option));
}

Options& Options::text(std::string name, std::optional<std::string> default_value, std::string meaning) {
  return add(named(std::move(name), Type::text, default_or_null(std::move(default_value)), std::move(meaning)));
}

Options& Options::choice(std::string name, std::optional<std::string> default_value, std::vector<std::string> choices,
                         std::string meaning) {
  Option option = named(std::move(name), Type::choice, default_or_null(std::move(default_value)), std::move(meaning));
  option.choices = std::move(choices);
  return add(std::move(option));
}

Options& Options::number_list(std::string name, std::optional<std::vector<double>> default_value, Range element_range,
                              std::string meaning) {
  Option option =
      named(std::move(name), Type::number_list, default_or_null(std::move(default_value)), std::move(meaning));
  option.range = element_range;
  return add(std::move(option));
}

Options& Options::required() {
  EIGENSWEEP_EXPECT(!options_.empty());
  options_.back().default_value = nullptr;
  return *this;
}

Options& Options::unit(std::string unit) {
  EIGENSWEEP_EXPECT(!options_.empty());
  options_.back().unit = std::move(unit);
  return *this;
}

Options& Options::per_lane() {
  EIGENSWEEP_EXPECT(!options_.empty());
  options_.back().per_lane = true;
  return *this;
}

Options& Options::or_infinite() {
  EIGENSWEEP_EXPECT(!options_.empty() && options_.back().type == Type::integer);
  options_.back().infinite = true;
  return *this;
}

Options& Options::not_identity() {
  EIGENSWEEP_EXPECT(!options_.empty());
  options_.back().identity = false;
  return *this;
}

Options& Options::path() {
  EIGENSWEEP_EXPECT(!options_.empty() && options_.back().type == Type::text);
  options_.back().path = true;
  options_.back().identity = false;
  return *this;
}

const Option* Options::find(const std::string& name) const noexcept {
  for (const Option& option : options_) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

Options& Options::add(Option option) {
  EIGENSWEEP_EXPECT(find(option.name) == nullptr);
  options_.push_back(std::move(option));
  return *this;
}

}  // namespace eigensweep::study
