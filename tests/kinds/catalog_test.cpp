// SPDX-License-Identifier: MIT
// The declarations of every kind, the toys' among them: what `eigensweep` knows of a kind without Torch.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/describe.hpp"
#include "resolved.hpp"
#include "toy_study.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

TEST_CASE("a file and a row make a kind of every family, beside those of the real tables") {
  std::set<Family> families_with_toys;
  for (const auto& [family, name] : toys()) {
    INFO(name);
    CHECK(catalog().find(family, name) != nullptr);
    CHECK(catalog().names(family).back() == name);
    CHECK(catalog().names(family).size() > 1);
    families_with_toys.insert(family);
  }
  CHECK(families_with_toys.size() == families().size());
}

TEST_CASE("the schema of study files has every kind with its options") {
  const Json definitions = schema(catalog()).at("$defs");
  for (const Kind& kind : catalog().all()) {
    if (!kind.procedure.is_chosen) continue;
    const std::string name = std::string(family_name(kind.family)) + "." + kind.name;
    INFO(name);
    REQUIRE(definitions.contains(name));
    const Json& properties = definitions.at(name).at("properties");
    CHECK(properties.at("kind").at("const") == kind.name);
    for (const Option& option : kind.options.all()) CHECK(properties.contains(option.name));
  }
}

TEST_CASE("describe names every kind, and every option of a kind") {
  const std::string overview = describe(catalog(), "");
  for (const Kind& kind : catalog().all()) {
    if (!kind.procedure.is_chosen) continue;
    INFO(kind.name);
    CHECK(overview.find("  " + kind.name + " ") != std::string::npos);
    const std::string page = describe(catalog(), kind.name);
    CHECK_FALSE(kind.meaning.empty());
    CHECK(page.find(kind.meaning) != std::string::npos);
    const bool has_source = page.find("\nsource: " + kind.source + "\n") != std::string::npos;
    CHECK(has_source == !kind.source.empty());
    CHECK((page.find("\nsource:") != std::string::npos) == has_source);
    for (const Option& option : kind.options.all()) {
      INFO(option.name);
      CHECK(page.find("  " + option.name + " ") != std::string::npos);
      CHECK_FALSE(option.meaning.empty());
      CHECK(page.find(option.meaning) != std::string::npos);
    }
    for (const Column& column : kind.columns) {
      INFO(column.name);
      CHECK_FALSE(column.meaning.empty());
      CHECK(page.find(column.meaning) != std::string::npos);
    }
  }
  CHECK(describe(catalog(), "training").find("batch_size") != std::string::npos);
}

TEST_CASE("the defaults of every option are within its own declaration") {
  for (const Kind& kind : catalog().all()) {
    for (const Option& option : kind.options.all()) {
      INFO(kind.name << " " << option.name);
      if (option.default_value.is_number()) {
        const double value = option.default_value.get<double>();
        CHECK(option.range.low <= value);
        CHECK(value <= option.range.high);
        CHECK_FALSE((option.range.low_is_open && value == option.range.low));
      }
      if (option.type == Type::choice && !option.default_value.is_null()) {
        CHECK(std::count(option.choices.begin(), option.choices.end(), option.default_value.get<std::string>()) == 1);
      }
    }
  }
}

TEST_CASE("a kind that takes infinity says when it is infinite") {
  for (const Kind& kind : catalog().all()) {
    for (const Option& option : kind.options.all()) {
      INFO(kind.name << " " << option.name);
      if (option.infinite) CHECK(kind.is_infinite);
    }
  }
}

TEST_CASE("a penalty of strength 0 is no penalty: the trial is the one without it") {
  const auto trial = [](const Json& regularizers) {
    const Json text{{"name", "zero"},
                    {"dataset", {{"kind", "checkerboard"}}},
                    {"model", {{"kind", "mlp"}, {"width", 8}}},
                    {"regularizers", regularizers}};
    const Study study = parse_study(text.dump(), "zero.json", catalog());
    REQUIRE(study.trials.size() == 1);
    return study.trials[0].id;
  };
  const std::string without = trial(Json::object());
  for (const std::string& name : catalog().names(Family::regularizer)) {
    INFO(name);
    const Kind& kind = *catalog().find(Family::regularizer, name);
    REQUIRE_FALSE(kind.off_when_zero.empty());
    Json options{{kind.off_when_zero, 0.5}};
    if (kind.options.find("cutoff") != nullptr) options["cutoff"] = 1;
    CHECK(trial({{name, options}}) != without);
    options[kind.off_when_zero] = 0;
    CHECK(trial({{name, options}}) == without);
  }
}

TEST_CASE("a study of toys alone is read and planned into packs") {
  const Study& study = toy_study();
  CHECK(study.trials.size() == 8);
  CHECK(study.dataset(study.trials[0]).train_samples == 24);
  std::set<std::size_t> trials;
  for (const Pack& pack : toy_packs()) {
    CHECK(pack.flops > 0);
    CHECK(pack.evaluations.size() == 2);
    for (const Lane& lane : pack.lanes) trials.insert(lane.trial);
  }
  CHECK(trials.size() == 8);
}

TEST_CASE("a toy's own refusals are heard") {
  const auto complaint = [](const std::string& model, const std::string& regularizers) -> std::string {
    try {
      parse_study(R"({"name": "refused", "dataset": {"kind": "checkerboard"}, "model": )" + model +
                      R"(, "regularizers": )" + regularizers + "}",
                  "refused.json", catalog());
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(complaint(R"({"kind": "linear", "width": 3})", "{}").empty());
  CHECK(complaint(R"({"kind": "linear", "width": "inf"})", "{}") ==
        "refused.json:/model: width \"inf\" wants another kind of model (this one has no closed form); change that "
        "(docs/width.md has a study to copy), or exclude this cell");
  CHECK(complaint(R"({"kind": "linear", "width": 3, "depth": 2})", "{}") ==
        "refused.json:/model/depth: unknown key; 'depth' belongs to /model of kind 'mlp', 'cnn'");
  CHECK(complaint(R"({"kind": "linear", "width": 3})", R"({"weight_norm": {"strength": -1}})") ==
        "refused.json:/regularizers/weight_norm/strength: -1 is out of range (weight of the penalty in the loss; 0 "
        "trains without it); give a value between 0 and 1000000");
}
