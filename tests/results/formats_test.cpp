// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "eigensweep/core/file.hpp"
#include "eigensweep/results/reader.hpp"
#include "eigensweep/study/sections.hpp"
#include "scratch.hpp"
#include "small_study.hpp"

using namespace eigensweep;

namespace {

std::string documented() { return file::read(std::string(EIGENSWEEP_SOURCE_FOLDER) + "/docs/formats.md"); }

// A name as Markdown code: between backticks.
std::string code(const std::string& name) { return fmt::format("`{}`", name); }

}  // namespace

TEST_CASE("docs/formats.md names every declared column and its meaning") {
  const std::string text = documented();
  std::vector<study::Column> columns = study::history_columns();
  for (const study::Kind& kind : small_catalog().all())
    columns.insert(columns.end(), kind.columns.begin(), kind.columns.end());
  for (const study::Column& column : columns) {
    INFO(column.name);
    CHECK_THAT(text, Catch::Contains(code(column.name)));
    for (const std::string& dim : column.dims) CHECK_THAT(text, Catch::Contains(code(dim)));
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
