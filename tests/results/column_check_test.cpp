// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "eigensweep/results/read/reader.hpp"
#include "scratch.hpp"
#include "small_study.hpp"

using namespace eigensweep;

namespace {

using Change = std::function<void(wire::Record& record)>;

/// The warnings about the small study's records after `change` was made to every record of an evaluation, or of
/// training ("").
std::vector<std::string> warnings_of(const std::string& label, const Change& change) {
  const Scratch scratch;
  const study::Study& study = small_study();
  std::string id;
  for (const study::Evaluation& evaluation : study.evaluations(study.trials.front())) {
    if (evaluation.label == label) id = evaluation.id;
  }
  results::RecordStore store;
  std::size_t changed = 0;
  for (wire::Record& record : small_records(study)) {
    if (record.evaluation == id && record.status == wire::Status::ok) {
      change(record);
      ++changed;
    }
    store.add(std::move(record));
  }
  REQUIRE(changed > 1);
  const auto path = scratch.path() / "results.h5";
  const std::vector<std::string> said = results::write_results(path, study, small_catalog(), store, Json::object());
  const Json kept = results::ResultsFile(path).json_attribute("study_warnings");
  for (const std::string& line : said) CHECK(std::count(kept.begin(), kept.end(), Json(line)) == 1);
  CHECK(kept.size() == study.warnings.size() + said.size());
  return said;
}

}  // namespace

TEST_CASE("records that hold what their kinds declare need no word") {
  CHECK(warnings_of("", [](wire::Record&) {}).empty());
}

TEST_CASE("a column that nobody declared is said once, in the file too") {
  const auto add = [](wire::Record& record) { record.columns["surprise"] = wire::Array::scalar(1); };
  CHECK(warnings_of("accuracy", add) ==
        std::vector<std::string>{"metric 'accuracy' of kind 'accuracy' gave 'surprise', which it does not declare (a "
                                 "bug, or results of a newer version); its numbers are in the ledger alone"});
  CHECK(warnings_of("pgd", add) ==
        std::vector<std::string>{"attack 'pgd' of kind 'pgd' gave 'surprise', which it does not declare (a bug, or "
                                 "results of a newer version); its numbers are in the ledger alone"});
  CHECK(
      warnings_of("", add) ==
      std::vector<std::string>{"the training gave 'surprise', which it does not declare (a bug, or results of a newer "
                               "version); its numbers are in the ledger alone"});
}

TEST_CASE("a declared column that does not come is said once, in the file too") {
  CHECK(
      warnings_of("spectrum", [](wire::Record& record) { record.columns.erase("exponent"); }) ==
      std::vector<std::string>{"metric 'spectrum' of kind 'spectrum' gave no 'exponent', which it declares (a bug, or "
                               "results of an older version); its numbers are missing in results.h5"});
  CHECK(warnings_of("fgsm", [](wire::Record& record) { record.columns.erase("robust_loss"); }) ==
        std::vector<std::string>{"attack 'fgsm' of kind 'fgsm' gave no 'robust_loss', which it declares (a bug, or "
                                 "results of an older version); its numbers are missing in results.h5"});
}

TEST_CASE("a column of other dimensions than declared is said once, in the file too") {
  CHECK(
      warnings_of("spectrum", [](wire::Record& record) { record.columns["exponent"] = wire::Array::scalar(1); }) ==
      std::vector<std::string>{"metric 'spectrum' of kind 'spectrum' gave 'exponent' with 0 dimensions and declares 1 "
                               "(a bug); its numbers are in the ledger alone"});
}

TEST_CASE("a column that depends on options is missed only where they ask for it") {
  for (const bool keeps : {false, true}) {
    const study::Study study = study_from(std::string(R"({"name": "regime", "model": {"width": 4, "depth": 2},
        "metrics": {"kernel_regime": {"keep_grams": )") +
                                          (keeps ? "true" : "false") + "}}}");
    const study::Trial& trial = study.trials.front();
    const study::Evaluation& evaluation = study.evaluations(trial).front();
    wire::Record record;
    record.kind = wire::RecordKind::evaluation;
    record.trial = trial.id;
    record.evaluation = evaluation.id;
    results::RecordStore store;
    store.add(record);
    const Scratch scratch;
    const std::vector<std::string> said =
        results::write_results(scratch.path() / "results.h5", study, small_catalog(), store, Json::object());
    const auto named = [&](const char* column) {
      return std::any_of(said.begin(), said.end(), [&](const std::string& line) {
        return line.find(std::string("'") + column + "'") != std::string::npos;
      });
    };
    CHECK(named("ntk_drift"));
    CHECK(named("hidden_grams") == keeps);
    CHECK_FALSE(named("ntk_drift_history"));  // the training keeps no snapshots
  }
}
