// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "eigensweep/core/file.hpp"
#include "eigensweep/results/read/reader.hpp"
#include "scratch.hpp"
#include "small_study.hpp"

using namespace eigensweep;
using results::ResultsFile;
using results::Variable;

namespace {

ResultsFile written(const Scratch& scratch, const study::Study& study, const results::RecordStore& store) {
  const auto file = scratch.path() / "results.h5";
  results::write_results(file, study, small_catalog(), store, {{"command", "test"}});
  return ResultsFile(file);
}

bool is_same(double a, double b) { return (std::isnan(a) && std::isnan(b)) || a == b; }

const study::Trial& trial_of(const study::Study& study, std::size_t row) {
  return study.trials[study.cells[row].trial];
}

std::size_t row_of_trial(const study::Study& study, std::size_t trial) {
  for (std::size_t row = 0; row < study.cells.size(); ++row)
    if (study.cells[row].trial == trial) return row;
  throw std::logic_error("a trial without a cell");
}

}  // namespace

TEST_CASE("every number of the records stands in its place, the rest is NaN") {
  const Scratch scratch;
  const study::Study& study = small_study();
  const ResultsFile file = written(scratch, study, small_store(study));
  const std::size_t finished = study.trials.size() - 2;
  const Variable accuracy = file.read("attacks/robust_accuracy");
  const Variable status = file.read("attacks/status");
  const Variable loss = file.read("history/loss");
  const Variable eigenvalues = file.read("spectrum/eigenvalues");
  const Variable fit_first = file.read("spectrum/fit_first");
  const Variable test_accuracy = file.read("accuracy/test_accuracy");
  REQUIRE(accuracy.dims == std::vector<std::string>{"trial", "attack", "epsilon"});
  REQUIRE(accuracy.shape == std::vector<std::size_t>{study.cells.size(), 2, 3});
  REQUIRE(eigenvalues.shape == std::vector<std::size_t>{study.cells.size(), 2, 6});
  REQUIRE(file.read("attack").texts == std::vector<std::string>{"fgsm", "pgd"});
  REQUIRE(file.read("epsilon").numbers == std::vector<double>{0, 0.05, 0.1});
  const std::vector<std::vector<std::size_t>> asked{{0, 2}, {1, 2}};
  for (std::size_t row = 0; row < study.cells.size(); ++row) {
    const bool is_finished = study.cells[row].trial < finished;
    const std::string& id = trial_of(study, row).id;
    for (std::size_t attack = 0; attack < 2; ++attack) {
      std::vector<double> expected(3, std::nan(""));
      const std::string what = attack == 0 ? "fgsm/robust_accuracy" : "pgd/robust_accuracy";
      for (std::size_t s = 0; s < 2; ++s)
        if (is_finished) expected[asked[attack][s]] = value_for(id, what, s);
      for (std::size_t e = 0; e < 3; ++e) {
        CHECK(is_same(accuracy.numbers[(row * 2 + attack) * 3 + e], expected[e]));
        const bool is_asked = e == asked[attack][0] || e == asked[attack][1];
        const double came_to = is_finished ? 1 : study.cells[row].trial == finished ? 3 : 0;
        CHECK(status.numbers[(row * 2 + attack) * 3 + e] == (is_asked ? came_to : -1));
      }
    }
    const std::size_t width = study.config(trial_of(study, row)).at("model").at("width").get<std::size_t>();
    for (std::size_t layer = 0; layer < 2; ++layer) {
      for (std::size_t n = 0; n < 6; ++n) {
        const double expected =
            is_finished && n < width ? value_for(id, "spectrum/eigenvalues", layer, n) : std::nan("");
        CHECK(is_same(eigenvalues.numbers[(row * 2 + layer) * 6 + n], expected));
      }
      CHECK(is_same(fit_first.numbers[row * 2 + layer], is_finished ? static_cast<double>(layer + 1) : std::nan("")));
    }
    CHECK(is_same(test_accuracy.numbers[row], is_finished ? value_for(id, "accuracy/test_accuracy", 0) : std::nan("")));
    if (is_finished) CHECK(loss.numbers[row * 3] == value_for(id, "loss", 0));
  }
}

TEST_CASE("a trial that diverged keeps what it has and says why, a missing one says that") {
  const Scratch scratch;
  const study::Study& study = small_study();
  const ResultsFile file = written(scratch, study, small_store(study));
  const std::size_t diverged = row_of_trial(study, study.trials.size() - 2);
  const std::size_t missing = row_of_trial(study, study.trials.size() - 1);
  CHECK(file.read("status").numbers[diverged] == 3);
  CHECK(file.read("status").numbers[missing] == 0);
  CHECK(file.read("message").texts[diverged] == "loss is not finite at epoch 3, step 7");
  CHECK(file.read("message").texts[missing].empty());
  const Variable loss = file.read("history/loss");
  CHECK(loss.numbers[diverged * 3 + 1] == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(loss.numbers[diverged * 3 + 2]));
  CHECK(file.read("accuracy/status").numbers[diverged] == 3);
  CHECK(std::isnan(file.read("lane").numbers[missing]));
  CHECK(file.read("warnings").texts[diverged] == "batch below width; zwei: ü");
  CHECK(file.read("host").texts[diverged] == "node1");
  CHECK(file.read("dataset_sha256").texts[diverged] == "cafe");
  CHECK(file.read("dataset_sha256").texts[missing].empty());
}

TEST_CASE("an attack that lost its meaning at one intensity has its numbers at the others, and says why") {
  const Scratch scratch;
  const study::Study& study = small_study();
  const std::string& id = study.trials[0].id;
  results::RecordStore store;
  for (wire::Record& record : small_records(study)) {
    if (record.trial == id && record.columns.contains("robust_accuracy") && record.intensities.front() == 0) {
      record.status = wire::Status::diverged;
      record.message = "at intensity 0.1 a logit is not finite";
      for (const char* name : {"robust_accuracy", "robust_loss"}) {
        record.columns[name] = wire::Array::of({0.5, std::nan("")});
      }
    }
    if (record.columns.contains("clean_accuracy") && record.trial == study.trials[1].id) {
      record.columns.erase("clean_accuracy");  // as an earlier version wrote it
    }
    store.add(std::move(record));
  }
  const ResultsFile file = written(scratch, study, store);
  const std::size_t row = row_of_trial(study, 0), old = row_of_trial(study, 1);
  const Variable status = file.read("attacks/status"), accuracy = file.read("attacks/robust_accuracy");
  const Variable clean = file.read("attacks/clean_accuracy");
  CHECK(status.numbers[row * 6] == 1);
  CHECK(accuracy.numbers[row * 6] == 0.5);
  CHECK(status.numbers[row * 6 + 2] == 3);
  CHECK(std::isnan(accuracy.numbers[row * 6 + 2]));
  CHECK(status.numbers[row * 6 + 4] == 1);  // the other attack
  CHECK(file.read("attacks/message").texts[row * 2] == "at intensity 0.1 a logit is not finite");
  REQUIRE(clean.dims == std::vector<std::string>{"trial", "attack"});
  CHECK(clean.numbers[row * 2] == value_for(id, "fgsm/clean_accuracy", 0));
  CHECK(clean.numbers[row * 2 + 1] == value_for(id, "pgd/clean_accuracy", 0));
  CHECK(std::isnan(clean.numbers[old * 2]));
}

TEST_CASE("the file says which networks have a limit of infinite width, and why others have none") {
  const Scratch scratch;
  const study::Study study = study_from(R"({
    "name": "limits",
    "model": {"kind": "mlp", "width": {"sweep": [64, "inf"]}, "parametrisation": "ntk", "weight_variance": 2,
              "centre_output": true},
    "training": {"loss": {"sweep": ["mse", "cross_entropy"]}, "optimizer": {"kind": "sgd", "momentum": 0}},
    "exclude": [{"model": {"width": "inf"}, "training": {"loss": "cross_entropy"}}]})");
  const ResultsFile file = written(scratch, study, results::RecordStore{});
  REQUIRE(study.cells.size() == 3);
  for (std::size_t row = 0; row < 3; ++row) {
    const bool has_limit = file.read("loss").texts[row] == "mse";
    CHECK(file.read("comparable_to_inf").numbers[row] == (has_limit ? 1 : 0));
    CHECK(file.read("not_comparable_because").texts[row] ==
          (has_limit ? "" : "infinite width wants loss 'mse' (other losses have no closed form)"));
  }
}

TEST_CASE("the file tells where it comes from") {
  const Scratch scratch;
  const study::Study& study = small_study();
  const ResultsFile file = written(scratch, study, small_store(study));
  CHECK(file.attribute("/", "title") == "small");
  CHECK(Json::parse(file.attribute("/", "study_json")) == Json::parse(small_study_text));
  CHECK(file.json_attribute("resolved_json") == study.resolved());
  const Json provenance = file.json_attribute("provenance");
  CHECK(provenance.at("command") == "test");
  CHECK(provenance.at("hosts") == Json{"node1"});
  CHECK(provenance.at("torch_versions") == Json{"2.13.0"});
  CHECK(file.json_attribute("axes_json").at(0).at("coordinate") == "seed");
  CHECK(file.attribute("width", "role") == "training");
  CHECK(file.attribute("seed", "role") == "replicate");
  CHECK(file.attribute("spectrum", "kind") == "spectrum");
  CHECK(file.attribute("/", "git_revision").size() >= 7);
}

TEST_CASE("coordinates have the values and the types of the study") {
  const Scratch scratch;
  const study::Study& study = small_study();
  const ResultsFile file = written(scratch, study, results::RecordStore{});
  for (std::size_t i = 0; i < study.axes.size(); ++i) {
    if (study.axes[i].role == study::Role::evaluation) continue;
    const Variable variable = file.read(study.axes[i].name);
    for (std::size_t row = 0; row < study.cells.size(); ++row) {
      const Json& value = study.coordinate(study.cells[row], i);
      if (value.is_string()) {
        CHECK(variable.texts[row] == value);
      } else {
        CHECK(variable.numbers[row] == value);
      }
    }
  }
  CHECK(file.read("width").dtype == "i64");
  CHECK(file.read("activation").dtype == "text");
}

TEST_CASE("a study of which nothing is done yet has a file as well") {
  const Scratch scratch;
  const ResultsFile file = written(scratch, small_study(), results::RecordStore{});
  CHECK(file.read("history/loss").shape == std::vector<std::size_t>{small_study().cells.size(), 0});
  CHECK(file.read("spectrum/exponent").shape[1] == 0);
  for (const double status : file.read("status").numbers) CHECK(status == 0);
}

TEST_CASE("only what the study asks for is shown, and intensities of several runs come together") {
  const Scratch scratch;
  const study::Study& study = small_study();
  std::string wider = small_study_text;
  wider.replace(wider.find("[0, 0.1]"), 8, "[0, 0.2]");
  wider.replace(wider.find("\"pgd\""), 5, "\"other\": {\"kind\": \"pgd\", \"epsilon\": 0.3}, \"pgd\"");
  const study::Study later = study_from(wider);
  results::RecordStore store = small_store(study);
  // The later run adds FGSM at 0.2 to the first trial; the old 0.1 is no longer asked for.
  const study::Trial& trial = later.trials[0];
  wire::Record more;
  more.kind = wire::RecordKind::evaluation;
  more.trial = trial.id;
  for (const study::Evaluation& asked : later.evaluations(trial))
    if (asked.label == "fgsm") more.evaluation = asked.id;
  more.intensities = {0.2};
  more.columns["robust_accuracy"] = wire::Array::of({0.625});
  store.add(more);
  const ResultsFile file = written(scratch, later, store);
  const auto labels = file.read("attack").texts;
  const auto fgsm = static_cast<std::size_t>(std::find(labels.begin(), labels.end(), "fgsm") - labels.begin());
  CHECK(file.read("epsilon").numbers == std::vector<double>{0, 0.05, 0.1, 0.2, 0.3});
  const Variable accuracy = file.read("attacks/robust_accuracy");
  const std::size_t row = row_of_trial(later, 0);
  const double* found = accuracy.numbers.data() + (row * 3 + fgsm) * 5;
  CHECK(found[0] == value_for(trial.id, "fgsm/robust_accuracy", 0));
  CHECK(std::isnan(found[2]));
  CHECK(found[3] == 0.625);
}

TEST_CASE("a later record of the same work replaces an earlier one, a failure only another failure") {
  const study::Study& study = small_study();
  results::RecordStore store = small_store(study);
  const std::vector<wire::Record> records = small_records(study);
  wire::Record again = records[0];
  again.message = "second";
  store.add(again);
  CHECK(store.training(again.trial)->message == "second");
  store.add(records[1]);
  again.status = wire::Status::failed;
  again.message = "crashed";
  store.add(again);
  CHECK(store.training(again.trial)->message == "second");
  CHECK(store.evaluation(again.trial, records[1].evaluation)->status == wire::Status::ok);
  CHECK(store.evaluation(again.trial, "not there")->message == "crashed");
  store.add(records[0]);
  CHECK(store.evaluation(again.trial, "not there") == nullptr);
}

TEST_CASE("an attack that fails where a study was extended fails there, and leaves what was measured") {
  const Scratch scratch;
  std::string wider = small_study_text;
  wider.replace(wider.find("[0, 0.1]"), 8, "[0, 0.1, 0.2]");
  const study::Study extended = study_from(wider);
  const study::Trial& trial = extended.trials[0];
  const results::RecordStore before = small_store(small_study());
  wire::Record failed;
  failed.kind = wire::RecordKind::evaluation;
  failed.status = wire::Status::failed;
  failed.message = "the worker was killed";
  failed.trial = trial.id;
  for (const study::Evaluation& asked : extended.evaluations(trial)) {
    if (asked.label == "fgsm") failed.evaluation = asked.id;
  }
  const auto numbers = [&](const ResultsFile& file, const std::string& name) {
    const Variable variable = file.read("attacks/" + name);
    const auto labels = file.read("attack").texts;
    const auto fgsm = static_cast<std::size_t>(std::find(labels.begin(), labels.end(), "fgsm") - labels.begin());
    const std::size_t each = variable.dims.size() == 3 ? variable.shape[2] : 1;
    const auto first = variable.numbers.begin() +
                       static_cast<std::ptrdiff_t>((row_of_trial(extended, 0) * labels.size() + fgsm) * each);
    return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(each));
  };
  const bool is_named = GENERATE(true, false);  // older programs did not say which intensities failed
  if (is_named) failed.intensities = {0.2};
  results::RecordStore store = small_store(small_study());
  store.add(failed);
  const ResultsFile file = written(scratch, extended, store);
  REQUIRE(file.read("epsilon").numbers == std::vector<double>{0, 0.05, 0.1, 0.2});
  CHECK(numbers(file, "status")[2] == 1);
  CHECK(numbers(file, "status")[3] == 2);
  CHECK(file.read("attacks/message").texts[row_of_trial(extended, 0) * 2] == "the worker was killed");
  const Scratch other;
  const ResultsFile undisturbed = written(other, extended, before);
  for (const char* column : {"robust_accuracy", "clean_accuracy", "unconfirmed", "evaluation_seconds"}) {
    const std::vector<double> now = numbers(file, column), then = numbers(undisturbed, column);
    for (std::size_t i = 0; i < now.size(); ++i) {
      CHECK((now[i] == then[i] || (std::isnan(now[i]) && std::isnan(then[i]))));
    }
  }
}

TEST_CASE("an alarm that one intensity raises is not taken back by another that came later") {
  const Scratch scratch;
  results::RecordStore store;
  const study::Trial& trial = small_study().trials[0];
  wire::Record record;
  record.trial = trial.id;
  store.add(record);
  record.kind = wire::RecordKind::evaluation;
  for (const study::Evaluation& asked : small_study().evaluations(trial)) {
    if (asked.label == "pgd") record.evaluation = asked.id;
  }
  for (const auto& [intensity, unconfirmed] : {std::pair(0.05, 0.02), {0.1, 0.0}}) {
    record.intensities = {intensity};
    record.columns["robust_accuracy"] = wire::Array::of({0.5});
    record.columns["unconfirmed"] = wire::Array::scalar(unconfirmed);
    store.add(record);
  }
  const ResultsFile file = written(scratch, small_study(), store);
  const auto labels = file.read("attack").texts;
  const auto pgd = static_cast<std::size_t>(std::find(labels.begin(), labels.end(), "pgd") - labels.begin());
  CHECK(file.read("attacks/unconfirmed").numbers[row_of_trial(small_study(), 0) * labels.size() + pgd] == 0.02);
}

TEST_CASE("a column of another shape than declared is left out, not misplaced") {
  const Scratch scratch;
  const study::Study& study = small_study();
  results::RecordStore store;
  wire::Record record = small_records(study)[0];
  record.columns["loss"] = wire::Array::of({1, 2, 3, 4}, {2, 2});
  record.message = "no \xff UTF-8";
  store.add(record);
  const ResultsFile file = written(scratch, study, store);
  for (const double loss : file.read("history/loss").numbers) CHECK(std::isnan(loss));
  CHECK(file.read("message").texts[row_of_trial(study, 0)] == "no \xEF\xBF\xBD UTF-8");
}

TEST_CASE("what was measured on an earlier network of a trial is not shown beside its new training") {
  const study::Study& study = small_study();
  const std::vector<wire::Record> records = small_records(study);
  const std::string& trial = records[1].trial;
  REQUIRE(records[1].kind == wire::RecordKind::evaluation);
  REQUIRE(records[0].trial == trial);
  results::RecordStore store;
  SECTION("its first training's record was damaged") { store.add(records[1]); }
  SECTION("its network was deleted") {
    store.add(records[0]);
    store.add(records[1]);
  }
  CHECK(store.evaluation(trial, records[1].evaluation) != nullptr);
  store.add(records[0]);
  CHECK(store.evaluation(trial, records[1].evaluation) == nullptr);
}
