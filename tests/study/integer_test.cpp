// SPDX-License-Identifier: MIT
// Integers beyond 2^53, which a double rounds in silence, in every place of a study.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;

namespace {

constexpr const char* beyond = "9007199254740993";  // reads as 2^53

std::string refusal_of(const std::string& text) {
  try {
    parse(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

/// A value for an option that has no default.
std::string any_value(const study::Option& option) {
  if (option.type == study::Type::integer) return "8";
  if (option.type == study::Type::number) return "0.5";
  return option.type == study::Type::choice ? fmt::format("\"{}\"", option.choices.front()) : "\"x\"";
}

/// The members of a section: required options, and `name` with `value`.
std::string members(const study::Options& options, const std::string& name, const std::string& value) {
  std::string text = fmt::format("\"{}\": {}", name, value);
  for (const study::Option& option : options.all()) {
    if (option.default_value.is_null() && option.name != name) {
      text += fmt::format(", \"{}\": {}", option.name, any_value(option));
    }
  }
  return text;
}

/// A study with that option of that kind.
std::string study_with(const study::Kind& kind, const std::string& name, const std::string& value) {
  const std::string section = fmt::format("{{\"kind\": \"{}\", {}}}", kind.name, members(kind.options, name, value));
  std::string place;
  switch (kind.family) {
    case study::Family::dataset:
      place = "\"dataset\": " + section;
      break;
    case study::Family::model:
      place = "\"model\": " + section;
      break;
    case study::Family::procedure:
      place = "\"procedure\": " + section;
      break;
    case study::Family::optimizer:
    case study::Family::schedule:
      place = fmt::format("\"training\": {{\"{}\": {}}}", study::family_name(kind.family), section);
      break;
    default:
      place = fmt::format("\"{}\": {{\"x\": {}}}", study::family_section(kind.family), section);
  }
  // A procedure with options of its own reads no model.
  const bool has_model = kind.family != study::Family::model && kind.family != study::Family::procedure;
  return fmt::format("{{\"name\": \"a\", {}{}}}", place, has_model ? ", \"model\": {\"width\": 64}" : "");
}

void check_refused(const std::string& text) {
  INFO(text);
  CHECK_THAT(refusal_of(text), Catch::Contains(std::string(beyond) + " is "));
}

}  // namespace

TEST_CASE("every integer option refuses an integer that is not exact, in the user's own words") {
  int options = 0;
  for (const study::Kind& kind : small_catalog().all()) {
    for (const study::Option& option : kind.options.all()) {
      if (option.type != study::Type::integer) continue;
      ++options;
      check_refused(study_with(kind, option.name, beyond));
      check_refused(study_with(kind, option.name, fmt::format("{{\"sweep\": [8, {}]}}", beyond)));
      check_refused(study_with(kind, option.name,
                               fmt::format("{{\"sweep\": {{\"range\": [8, {}, 1000000000000000]}}}}", beyond)));
    }
  }
  CHECK(options > 20);
  const study::Options& training = study::options_of<study::Training>();
  for (const study::Option& option : training.all()) {
    if (option.type != study::Type::integer) continue;
    check_refused(
        fmt::format(R"({{"name": "a", "model": {{"width": 64}}, "training": {{"{}": {}}}}})", option.name, beyond));
  }
}

TEST_CASE("the seed goes to 2^53 and no further") {
  const auto with = [](const std::string& seed) {
    return fmt::format(R"({{"name": "a", "model": {{"width": 64}}, "seed": {}}})", seed);
  };
  const std::string refusal =
      "s.json:/seed: 9007199254740993 is too large for an exact integer (between -2^53 and 2^53 = 9007199254740992, "
      "written with digits alone); give a smaller one";
  CHECK(refusal_of(with("9007199254740992")) == "accepted");
  CHECK(refusal_of(with(beyond)) == refusal);
  CHECK(refusal_of(with("{\"sweep\": [9007199254740992, 9007199254740993]}")) ==
        "s.json:/seed/sweep/1" + refusal.substr(std::string("s.json:/seed").size()));
  CHECK(refusal_of(with("9007199254740994")) ==
        "s.json:/seed: 9007199254740994 is out of range (decides initial weights and the order of samples); give a "
        "value between 0 and 9007199254740992");
  // What has passed through a double may be the next integer.
  for (const char* seed : {"9007199254740993.0", "9007199254740992.0", "9.007199254740993e15"}) {
    CHECK_THAT(refusal_of(with(seed)), Catch::Contains(std::string(seed) + " is too large for an exact integer"));
  }
  CHECK_THAT(refusal_of(with("99999999999999999999")), Catch::Contains("99999999999999999999 is out of range"));
  CHECK_THAT(refusal_of(with("-9223372036854775808")), Catch::Contains("-9223372036854775808 is out of range"));
}

TEST_CASE("integers beyond 2^53 are refused in exclusions and in zipped sweeps") {
  check_refused(fmt::format(
      R"({{"name": "a", "model": {{"width": 64}}, "seed": {{"sweep": [0, 1]}}, "exclude": [{{"seed": {}}}]}})",
      beyond));
  check_refused(fmt::format(
      R"({{"name": "a", "model": {{"width": {{"sweep": [8, 9]}}}}, "seed": {{"sweep": [0, {}]}}, "zip": [["/model/width", "/seed"]]}})",
      beyond));
}

TEST_CASE("an integer may be written as 1e3, and -0 is 0") {
  const auto study = parse(R"({"name": "a", "model": {"width": 1e3}, "seed": -0, "training": {"stop_loss": -0.0}})");
  const Json& config = study.config(study.trials.front());
  CHECK(config.at("model").at("width").dump() == "1000");
  CHECK(config.at("seed").dump() == "0");
  CHECK(config.at("training").at("stop_loss").dump() == "0.0");
}

TEST_CASE("a range of integers is exact up to 2^53") {
  const auto study = parse(R"({"name": "a", "model": {"width": 8},
                               "seed": {"sweep": {"range": [9007199254740989, 9007199254740992, 1]}}})");
  REQUIRE(study.trials.size() == 4);
  CHECK(study.axes.front().values.front() == 9007199254740989);
  CHECK(study.axes.front().values.back() == 9007199254740992);
}
