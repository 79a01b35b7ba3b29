// SPDX-License-Identifier: MIT
// Ledgers of earlier versions go on: their losses keep their meaning.
#include "write/older_records.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/catalog.hpp"

using namespace eigensweep;

namespace {

const study::Study& both_losses() {
  static const study::Study study = study::parse_study(
      R"({"name": "s", "model": {"width": 8}, "training": {"loss": {"sweep": ["cross_entropy", "mse"]}}})", "s.json",
      catalog());
  return study;
}

wire::Record score(const std::string& trial, bool is_old) {
  wire::Record record;
  record.kind = wire::RecordKind::evaluation;
  record.trial = trial;
  record.evaluation = "e";
  record.columns = {{"test_accuracy", wire::Array::scalar(0.5)}, {"test_loss", wire::Array::scalar(2.0)}};
  if (!is_old) record.columns["test_cross_entropy"] = wire::Array::scalar(3.0);
  return record;
}

}  // namespace

TEST_CASE("a loss in an older record is the cross entropy, whatever was minimised") {
  const study::Study& study = both_losses();
  REQUIRE(study.trials.size() == 2);
  results::OlderRecords older(study);
  wire::Record entropy = score(study.trials[0].id, true), squared = score(study.trials[1].id, true);
  older.upgrade(entropy);
  older.upgrade(squared);
  CHECK(entropy.columns.at("test_loss").values() == std::vector<double>{2.0});
  CHECK(entropy.columns.at("test_cross_entropy").values() == std::vector<double>{2.0});
  CHECK_FALSE(squared.columns.contains("test_loss"));
  CHECK(squared.columns.at("test_cross_entropy").values() == std::vector<double>{2.0});
}

TEST_CASE("records of today, of attacks and of training stay as they are") {
  const study::Study& study = both_losses();
  results::OlderRecords older(study);
  wire::Record today = score(study.trials[1].id, false), attack = score(study.trials[1].id, true);
  attack.columns.erase("test_accuracy");
  wire::Record training = score(study.trials[1].id, true);
  training.kind = wire::RecordKind::training;
  for (wire::Record record : {today, attack, training}) {
    const wire::Record before = record;
    older.upgrade(record);
    CHECK(record == before);
  }
}
