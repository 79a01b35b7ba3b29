// SPDX-License-Identifier: MIT
#include "labels.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <sstream>

#include "eigensweep/core/text.hpp"
#include "eigensweep/results/show/summary.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using results::ResultsFile;

namespace {

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> parts{""};
  for (const char letter : line) {
    if (letter == ',') {
      parts.emplace_back();
    } else if (letter != '\r') {
      parts.back() += letter;
    }
  }
  return parts;
}

/// The rows of a CSV without quotes: a map from the header to each row's text.
std::vector<std::map<std::string, std::string>> rows_of(const std::string& csv) {
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> header = fields(line);
  REQUIRE(std::set<std::string>(header.begin(), header.end()).size() == header.size());
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(lines, line)) {
    const std::vector<std::string> parts = fields(line);
    REQUIRE(parts.size() == header.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i == 0) rows.emplace_back();
      rows.back()[header[i]] = parts[i];
    }
  }
  return rows;
}

/// What a reader must find of a study whose labels are these.
struct Labels {
  std::string one, two, three;
};

void check_csv(const ResultsFile& file, const study::Study& study, const Labels& labels) {
  std::map<std::string, std::string> group;  // of a metric's label
  for (const Json& evaluation : file.json_attribute("evaluations_json")) {
    if (evaluation.at("family") == "metric") group[evaluation.at("label")] = evaluation.at("group");
  }
  std::size_t seen = 0;
  for (const auto& row : rows_of(results::as_csv(file))) {
    const std::string& id = row.at("trial_id");
    if (row.at("status") != "ok") continue;
    const bool is_noise = row.at("attack") == labels.two;
    REQUIRE((is_noise || row.at("attack") == labels.one));
    const std::size_t place = is_noise || row.at("epsilon") == "0" ? 0 : 1;
    CHECK(row.at("sigma") == (is_noise ? "0.1" : ""));
    const auto number = [&](const std::string& label, const char* column, std::size_t i = 0) {
      return text::number(value_for(id, label + "/" + column, i));
    };
    CHECK(row.at("robust_accuracy") == number(row.at("attack"), "robust_accuracy", place));
    CHECK(row.at("accuracy_initial") == number(labels.one, "accuracy_initial"));
    CHECK(row.at(group.at(labels.two) + ".accuracy_initial") == number(labels.two, "accuracy_initial"));
    CHECK(row.at("test_accuracy") == number(labels.three, "test_accuracy"));
    ++seen;
  }
  CHECK(seen == 3 * (study.trials.size() - 2));
}

void check_show(const ResultsFile& file, const Labels& labels) {
  const Json summary = results::summarize(file);
  for (const Json& combination : summary.at("combinations")) {
    const auto count = combination.at("ok").get<int>();
    CHECK(combination.at("test_accuracy").at("count") == count);
    CHECK(combination.at("last_exponent").at("count") == count);
    for (const std::string& attack : {labels.one, labels.two}) {
      CHECK(combination.at("attacks").at(attack).at("robust_accuracy").at(0).at("count") == count);
    }
  }
  const std::string table = results::as_table(summary);
  CHECK_THAT(table, Catch::Contains(" " + labels.one + " 0.1 "));
  CHECK_THAT(table, Catch::Contains(" " + labels.two + " 0.1 "));
}

void check_file(const ResultsFile& file, const study::Study& study) {
  std::size_t seen = 0;
  for (const Json& evaluation : file.json_attribute("evaluations_json")) {
    if (evaluation.at("family") != "metric") continue;
    const auto group = evaluation.at("group").get<std::string>();
    CHECK(file.attribute(group, "label") == evaluation.at("label").get<std::string>());
    const study::Kind* kind = small_catalog().find(study::Family::metric, evaluation.at("kind").get<std::string>());
    for (const study::Column& column : kind->columns) {
      const results::Variable variable = file.read(group + "/" + column.name);
      REQUIRE(variable.dims.front() == "trial");
      if (!column.dims.empty()) continue;
      const std::string& id = study.trials[study.cells[0].trial].id;
      CHECK(variable.numbers[0] == value_for(id, evaluation.at("label").get<std::string>() + "/" + column.name, 0));
      ++seen;
    }
  }
  CHECK(seen == 6 + 4 + 4);
}

}  // namespace

TEST_CASE("whatever their labels, attacks and metrics have all their columns in the file, in show and in CSV") {
  const std::vector<std::string>& odd = odd_labels();
  for (std::size_t i = 0; i < odd.size(); ++i) {
    const Labels labels{odd[i], odd[(i + 1) % odd.size()], odd[(i + 7) % odd.size()]};
    INFO(labels.one << ", " << labels.two << ", " << labels.three);
    const Scratch scratch;
    const study::Study study = study_from(labelled_study(labels.one, labels.two, labels.three));
    const auto path = scratch.path() / "results.h5";
    results::write_results(path, study, small_catalog(), small_store(study), Json::object());
    const ResultsFile file(path);
    check_file(file, study);
    check_csv(file, study, labels);
    check_show(file, labels);
  }
}

TEST_CASE("no declared column has the name of a variable that its group or the CSV has anyway") {
  for (const study::Kind& kind : small_catalog().all()) {
    std::set<std::string> names{"trial",   "trial_id",           "attack", "attack_status", "status",
                                "message", "evaluation_seconds", "kind",   "options"};
    for (const study::Column& column : kind.columns) {
      INFO(kind.name << " " << column.name);
      CHECK(names.insert(column.name).second);
    }
  }
}
