// SPDX-License-Identifier: MIT
// Sorted data: parts that lack a class are warned of, for every dataset, attack and metric that takes a part.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "scratch.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;

namespace {

/// `count` labels, equally many of each of `classes`, sorted by class.
std::vector<std::uint8_t> sorted(std::size_t count, std::size_t classes) {
  std::vector<std::uint8_t> labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back(static_cast<std::uint8_t>(i * classes / count));
  return labels;
}

/// The catalog with an "mnist" of 300 training and 90 test samples of three classes, sorted, and a count of its
/// readings.
struct Sorted {
  int readings = 0;
  study::Catalog catalog;
  bool too_many = false;
  bool broken = false;

  Sorted() {
    for (study::Kind kind : eigensweep::catalog().all()) {
      if (kind.family == study::Family::dataset && kind.name == "mnist") {
        kind.info = [](const Json& options) {
          const auto count = [&](const char* name, std::int64_t all) {
            const auto asked = options.at(name).get<std::int64_t>();
            return asked == 0 ? all : asked;
          };
          study::DatasetInfo info{count("train_samples", 300), count("test_samples", 90), {1, 28, 28}, 10};
          info.validation_samples = options.at("validation_samples").get<std::int64_t>();
          info.train_samples -= info.validation_samples;
          return info;
        };
        kind.labels = [this](const Json&, std::int64_t) -> std::optional<study::Labels> {
          ++readings;
          if (broken) throw DataError("labels.gz: is cut");
          if (too_many) return std::nullopt;
          return study::Labels{sorted(300, 3), sorted(90, 3), 390};
        };
      }
      catalog.add(std::move(kind));
    }
  }

  std::vector<std::string> warnings_of(const std::string& members) const {
    return study::parse_study(
               R"({"name": "a", "model": {"width": 8}, "training": {"batch_size": 10}, )" + members + "}", "s.json",
               catalog)
        .warnings;
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("training and test samples that lack a class are warned of") {
  const Sorted sorted;
  CHECK(sorted.warnings_of(R"("metrics": {})").empty());
  CHECK(
      sorted.warnings_of(R"("dataset": {"train_samples": 100}, "metrics": {})") ==
      Lines{
          "/dataset: the 100 training samples lack 2 of the data's 3 classes (1, 2), which a network then never sees; "
          "shuffle the samples in the file, or raise train_samples"});
  CHECK(sorted.warnings_of(R"("dataset": {"test_samples": 31}, "metrics": {})") ==
        Lines{"/dataset: the 31 test samples lack 1 of the data's 3 classes (2), so that numbers are of the others "
              "alone; shuffle the samples in the file, or raise test_samples"});
}

TEST_CASE("validation samples, and training samples without them, that lack a class are warned of") {
  const Sorted sorted;
  CHECK(sorted.warnings_of(R"("dataset": {"validation_samples": 100}, "metrics": {"validation": {}})") ==
        Lines{"/dataset: the 200 training samples lack 1 of the data's 3 classes (2), which a network then never sees; "
              "shuffle the samples in the file, or raise train_samples",
              "/dataset: the 100 validation samples lack 2 of the data's 3 classes (0, 1), so that numbers are of the "
              "others alone; shuffle the samples in the file, or raise validation_samples"});
}

TEST_CASE("a swept part is warned of once, in its smallest size, and its labels are read once") {
  const Sorted sorted;
  CHECK(
      sorted.warnings_of(R"("dataset": {"train_samples": {"sweep": [300, 150, 100]}}, "metrics": {})") ==
      Lines{
          "/dataset: the 100 training samples lack 2 of the data's 3 classes (1, 2), which a network then never sees; "
          "shuffle the samples in the file, or raise train_samples (the smallest of 2 sizes that do)"});
  CHECK(sorted.readings == 1);
}

TEST_CASE("every attack and metric that takes the first samples of a part is warned of when these lack a class") {
  const Sorted sorted;
  int kinds = 0;
  for (const study::Kind& kind : sorted.catalog.all()) {
    if (kind.family != study::Family::attack && kind.family != study::Family::metric) continue;
    if (kind.options.find("samples") == nullptr) continue;
    ++kinds;
    const bool is_attack = kind.family == study::Family::attack;
    const std::string intensity = kind.intensity.empty() ? "" : fmt::format(R"("{}": 0.1, )", kind.intensity);
    const std::string section = fmt::format(R"({{"x": {{"kind": "{}", {}"samples": 30}}}})", kind.name, intensity);
    Lines warnings = sorted.warnings_of(is_attack ? fmt::format(R"("metrics": {{}}, "attacks": {})", section)
                                                  : fmt::format(R"("metrics": {})", section));
    INFO(kind.name);
    // Other warnings of a kind are not the subject here.
    std::erase_if(warnings, [](const std::string& line) { return line.find("lack") == std::string::npos; });
    REQUIRE_FALSE(warnings.empty());
    CHECK_THAT(warnings.front(),
               Catch::StartsWith(fmt::format("/{}/x: the first 30 ", study::family_section(kind.family))));
    CHECK_THAT(warnings.front(), Catch::EndsWith(fmt::format(
                                     " samples that are {} lack 2 of the data's 3 classes (1, 2), so that numbers "
                                     "are of the others alone; shuffle the samples in the file, or raise samples",
                                     is_attack ? "attacked" : "measured")));
  }
  CHECK(kinds >= 5);
  CHECK(sorted.warnings_of(R"("metrics": {}, "attacks": {"fgsm": {"epsilon": 0.1, "samples": 1000}})").empty());
}

TEST_CASE("a message names five classes at most") {
  Sorted sorted;
  study::Catalog other;
  for (study::Kind kind : sorted.catalog.all()) {
    if (kind.name == "mnist") {
      kind.labels = [](const Json&, std::int64_t) -> std::optional<study::Labels> {
        return study::Labels{::sorted(300, 10), ::sorted(90, 10), 0};
      };
    }
    other.add(std::move(kind));
  }
  const auto study = study::parse_study(
      R"({"name": "a", "model": {"width": 8}, "metrics": {}, "training": {"batch_size": 9}, "dataset": {"test_samples": 9}})",
      "s.json", other);
  REQUIRE(study.warnings.size() == 1);
  CHECK_THAT(study.warnings.front(), Catch::Contains("lack 9 of the data's 10 classes (1, 2, 3, 4, 5, ...), "));
}

TEST_CASE("labels that are many, broken or not there are said to be so, or left to who needs the data") {
  Sorted sorted;
  sorted.too_many = true;
  CHECK(sorted.warnings_of(R"("dataset": {"train_samples": 100}, "metrics": {})") ==
        Lines{"/dataset: whether a part of 'mnist' lacks a class was not looked at (to read all labels of this study "
              "takes more than 256 MiB)"});
  sorted.broken = true;
  CHECK(sorted.warnings_of(R"("metrics": {})") == Lines{"/dataset: its labels cannot be read: labels.gz: is cut"});
}

TEST_CASE("every dataset gives its labels without its samples") {
  for (const study::Kind& kind : eigensweep::catalog().all()) {
    if (kind.family != study::Family::dataset) continue;
    INFO(kind.name);
    CHECK(kind.labels != nullptr);
    CHECK(kind.files != nullptr);
    CHECK(kind.content_hash != nullptr);
  }
}

TEST_CASE("a label that is none of the classes is refused where labels are read, in every part that is taken") {
  const auto complaint = [](std::vector<std::uint8_t> train, std::vector<std::uint8_t> test,
                            const std::string& members) {
    study::Catalog catalog;
    for (study::Kind kind : eigensweep::catalog().all()) {
      if (kind.family == study::Family::dataset && kind.name == "mnist") {
        kind.info = [](const Json& options) {
          const auto held_out = options.at("validation_samples").get<std::int64_t>();
          return study::DatasetInfo{4 - held_out, 3, {1, 2, 2}, 3, held_out};
        };
        kind.labels = [&](const Json&, std::int64_t) { return study::Labels{train, test, 7}; };
      }
      catalog.add(std::move(kind));
    }
    try {
      study::parse_study(R"({"name": "a", "model": {"width": 8}, "metrics": {}, )" + members + "}", "s.json", catalog);
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string all = R"("dataset": {})", held_out = R"("dataset": {"validation_samples": 1})";
  const auto words = [](int sample, const char* file) {
    return fmt::format(
        "s.json: /dataset: the label of sample {} of the {} file is out of range (0 to 2); correct it, or the number "
        "of "
        "classes",
        sample, file);
  };
  CHECK(complaint({0, 1, 2, 0}, {0, 1, 2}, all) == "no error");
  CHECK(complaint({0, 3, 2, 1}, {0, 1, 2}, all) == words(1, "training"));
  CHECK(complaint({0, 1, 2, 9}, {0, 1, 2}, held_out) == words(3, "training"));
  CHECK(complaint({0, 1, 2, 0}, {0, 1, 3}, all) == words(2, "test"));
  CHECK(complaint({0, 1, 2, 0, 7}, {0, 1, 2}, all) == "no error");  // beyond the samples that are taken
}
