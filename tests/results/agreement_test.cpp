// SPDX-License-Identifier: MIT
// What the file says of its attacks: numbers that several records share, attacks beside each other, alarms.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "eigensweep/results/read/reader.hpp"
#include "eigensweep/results/show/summary.hpp"
#include "scratch.hpp"
#include "small_study.hpp"

using namespace eigensweep;
using results::ResultsFile;
using results::Variable;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// One network and its attacks on two samples.
const char* const text = R"({"name": "attacked", "model": {"width": 4}, "training": {"epochs": 1}, "metrics": {},
  "attacks": {"fgsm": {"epsilon": {"sweep": [0.1, 0.2]}, "samples": 0},
              "pgd": {"epsilon": {"sweep": [0.1, 0.2]}, "samples": 0},
              "other": {"kind": "pgd", "epsilon": {"sweep": [0.1, 0.2]}, "samples": 7},
              "gaussian_noise": {"sigma": {"sweep": [0.1, 0.2]}}}})";

/// What an attack found at some of its intensities.
struct Found {
  std::string label;
  std::vector<double> intensities, robust_accuracy, d_min;
  double sample_gradients = 0;
};

ResultsFile written(const Scratch& scratch, const std::vector<Found>& all) {
  const study::Study study = study_from(text);
  const study::Trial& trial = study.trials.at(0);
  results::RecordStore store;
  wire::Record training;
  training.trial = trial.id;
  store.add(training);
  for (const Found& found : all) {
    wire::Record record;
    record.kind = wire::RecordKind::evaluation;
    record.trial = trial.id;
    for (const study::Evaluation& asked : study.evaluations(trial)) {
      if (asked.label == found.label) record.evaluation = asked.id;
    }
    record.intensities = found.intensities;
    record.columns["robust_accuracy"] = wire::Array::of(found.robust_accuracy);
    if (!found.d_min.empty()) record.columns["d_min"] = wire::Array::of(found.d_min);
    record.columns["sample_gradients"] = wire::Array::scalar(found.sample_gradients);
    store.add(record);
  }
  const auto file = scratch.path() / "results.h5";
  results::write_results(file, study, small_catalog(), store, Json::object());
  return ResultsFile(file);
}

/// The numbers of an attack.
std::vector<double> numbers_of(const ResultsFile& file, const std::string& name, const std::string& label) {
  const Variable variable = file.read(name);
  const std::vector<std::string> labels = file.read(variable.dims.at(1)).texts;
  const std::size_t size = variable.numbers.size() / labels.size();
  const auto first = std::find(labels.begin(), labels.end(), label) - labels.begin();
  const auto begin = variable.numbers.begin() + first * static_cast<std::ptrdiff_t>(size);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

bool are_same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return (std::isnan(x) && std::isnan(y)) || x == Approx(y); });
}

}  // namespace

TEST_CASE("an attack that ran in pieces has the nearest point of all pieces, and all their gradients") {
  const Scratch scratch;
  const ResultsFile file = written(scratch, {{"pgd", {0.1}, {0.5}, {infinite, 0.1, missing}, 40},
                                             {"pgd", {0.2}, {0.25}, {0.2, 0.2, 0.3}, 40},
                                             {"fgsm", {0.1, 0.2}, {0.5, 0.5}, {infinite, 0.1, infinite}, 1}});
  CHECK(are_same(numbers_of(file, "attacks/d_min", "pgd"), {0.2, 0.1, 0.3}));
  CHECK(are_same(numbers_of(file, "attacks/sample_gradients", "pgd"), {80}));
  CHECK(are_same(numbers_of(file, "attacks/d_min", "fgsm"), {infinite, 0.1, infinite}));
  CHECK(are_same(numbers_of(file, "attacks/sample_gradients", "fgsm"), {1}));
}

TEST_CASE("a robust accuracy that rises, or that a cheaper attack undercuts, raises an alarm") {
  const Scratch scratch;
  const ResultsFile file = written(scratch, {{"fgsm", {0.1, 0.2}, {0.5, 0.25}, {}, 1},
                                             {"pgd", {0.1, 0.2}, {0.25, 0.5}, {}, 40},
                                             {"other", {0.1, 0.2}, {0.75, 0.75}, {}, 40}});
  CHECK(are_same(numbers_of(file, "attacks/rise", "fgsm"), {missing, -0.25}));
  CHECK(are_same(numbers_of(file, "attacks/rise", "pgd"), {missing, 0.25}));
  CHECK(are_same(numbers_of(file, "attacks/above_cheaper", "pgd"), {-0.25, 0.25}));
  // The cheapest has nothing below it; other samples tell nothing.
  CHECK(are_same(numbers_of(file, "attacks/above_cheaper", "fgsm"), {missing, missing}));
  CHECK(are_same(numbers_of(file, "attacks/above_cheaper", "other"), {missing, missing}));
  CHECK(file.read("alarms").numbers == std::vector<double>{2});
  CHECK_FALSE(file.has("attacks_sigma/rise"));

  const Json summary = results::summarize(file);
  REQUIRE(summary.at("alarms").size() == 2);
  const Json& alarm = summary.at("alarms").at(0);
  CHECK(alarm.at("variable") == "attacks/rise");
  CHECK(alarm.at("attacks") == Json{"pgd"});
  CHECK(alarm.at("largest") == 0.25);
  CHECK(alarm.at("rows") == 1);
  const std::string table = results::as_table(summary);
  CHECK_THAT(table, Catch::Contains("\nalarm: attacks/rise of pgd is above 0.005 in 1 of 1 cells, at most 0.25: robust "
                                    "accuracy rises with the intensity"));
  CHECK_THAT(table, Catch::Contains("\nalarm: attacks/above_cheaper of pgd is above 0.01 in 1 of 1 cells"));
}

TEST_CASE("without a reason there is no alarm") {
  const Scratch scratch;
  const ResultsFile file =
      written(scratch, {{"fgsm", {0.1, 0.2}, {0.5, 0.25}, {}, 1}, {"pgd", {0.1, 0.2}, {0.5, 0.125}, {}, 40}});
  CHECK(file.read("alarms").numbers == std::vector<double>{0});
  CHECK(results::summarize(file).at("alarms").empty());
  CHECK_THAT(results::as_table(results::summarize(file)), !Catch::Contains("alarm"));
  CHECK(file.number_attribute("attacks/rise", "alarm_above") == 0.005);
  CHECK_FALSE(file.number_attribute("attacks/robust_accuracy", "alarm_above"));
}

TEST_CASE("a count above its limit raises an alarm, one that a network does not have raises none") {
  const Scratch scratch;
  const study::Study study = study_from(
      R"({"name": "signs", "model": {"width": 4, "activation": "relu", "layer": {"sweep": ["dense", "colei", "dann"]}},
          "training": {"epochs": 1}, "metrics": {"ei_balance": {}}})");
  results::RecordStore store;
  for (const study::Trial& trial : study.trials) {
    wire::Record training;
    training.trial = trial.id;
    store.add(training);
    wire::Record record;
    record.kind = wire::RecordKind::evaluation;
    record.trial = trial.id;
    record.evaluation = study.evaluations(trial).at(0).id;
    record.columns["balance"] = wire::Array::of({0.5, missing});
    const std::string layer = study.config(trial).at("model").at("layer");
    if (layer != "dense") record.columns["sign_violations"] = wire::Array::integers({0, layer == "dann" ? 3 : 0});
    store.add(record);
  }
  const auto path = scratch.path() / "results.h5";
  results::write_results(path, study, small_catalog(), store, Json::object());
  const ResultsFile file(path);
  CHECK(file.read("alarms").numbers == std::vector<double>{0, 0, 1});
  CHECK_THAT(
      results::as_table(results::summarize(file)),
      Catch::Contains("\nalarm: ei_balance/sign_violations is above 0 in 1 of 3 cells, at most 3: these networks"));
}
