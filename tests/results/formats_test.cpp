// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "eigensweep/core/file.hpp"
#include "eigensweep/results/read/reader.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "scratch.hpp"
#include "small_study.hpp"

using namespace eigensweep;

namespace {

std::string documented() { return file::read(std::string(EIGENSWEEP_SOURCE_FOLDER) + "/docs/formats.md"); }

// A name as Markdown code: between backticks.
std::string code(const std::string& name) { return fmt::format("`{}`", name); }

// What the page says of a metric's columns: from the kind's name to the next kind or section.
std::string section_of(const std::string& kind, const std::string& text) {
  const std::size_t start = text.find(fmt::format("\n`{}`", kind));
  REQUIRE(start != std::string::npos);
  return text.substr(start, std::min(text.find("\n\n`", start), text.find("\n\n#", start)) + 1 - start);
}

// A column's dimensions, and its type where it is not the usual one.
std::string shape_words(const study::Column& column) {
  std::string words = "trial";
  for (const std::string& dim : column.dims) words += ", " + dim;
  return column.dtype == "f64" ? words : words + "; " + column.dtype;
}

}  // namespace

TEST_CASE("docs/formats.md names every declared column and its meaning") {
  const std::string text = documented();
  for (const study::Kind& kind : small_catalog().all()) {
    for (const study::Column& column : kind.columns) {
      INFO(kind.name << ": " << column.name);
      if (kind.family == study::Family::procedure) {
        CHECK_THAT(text, Catch::Contains(fmt::format("| `{}` | {} |\n", column.name, column.meaning)));
      } else if (kind.family == study::Family::attack) {
        CHECK_THAT(text, Catch::Contains(fmt::format("- `{}`: {}.\n", column.name, column.meaning)));
      } else {
        CHECK_THAT(section_of(kind.name, text), Catch::Contains(fmt::format("- `{}` ({}):\n  {}\n", column.name,
                                                                            shape_words(column), column.meaning)));
      }
    }
  }
}

TEST_CASE("attacks share no dimension with metrics, which would pad each to the longer one") {
  std::set<std::string> of_attacks, of_metrics;
  for (const study::Kind& kind : small_catalog().all()) {
    for (const study::Column& column : kind.columns) {
      if (kind.family == study::Family::attack) of_attacks.insert(column.dims.begin(), column.dims.end());
      if (kind.family == study::Family::metric) of_metrics.insert(column.dims.begin(), column.dims.end());
    }
  }
  CHECK(of_attacks.size() > 0);
  CHECK(of_metrics.size() > 3);
  for (const std::string& dimension : of_attacks) {
    INFO(dimension);
    CHECK_FALSE(of_metrics.contains(dimension));
  }
}

TEST_CASE("docs/formats.md names every variable and attribute that a results file has") {
  const Scratch scratch;
  const auto path = scratch.path() / "results.h5";
  results::write_results(path, small_study(), small_catalog(), small_store(small_study()), Json::object());
  const results::ResultsFile file(path);
  const std::string text = documented();
  std::vector<std::string> names = file.variables("/");
  for (const std::string& group : file.groups()) {
    const auto inner = file.variables(group);
    names.insert(names.end(), inner.begin(), inner.end());
  }
  CHECK(names.size() > 30);
  for (const std::string& name : names) {
    if (name == "activation") continue;  // an axis of this study
    INFO(name);
    CHECK_THAT(text, Catch::Contains(code(name.substr(name.rfind('/') + 1))));
  }
  for (const char* attribute : {"file_type", "format_version", "Conventions", "title", "comment", "eigensweep_version",
                                "git_revision", "git_dirty", "created_utc", "study_json", "resolved_json", "axes_json",
                                "evaluations_json", "study_warnings", "provenance"})
    CHECK_THAT(text, Catch::Contains(code(attribute)));
}
