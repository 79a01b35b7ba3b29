// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "eigensweep/core/text.hpp"
#include "eigensweep/results/show/summary.hpp"
#include "scratch.hpp"
#include "small_study.hpp"

using namespace eigensweep;
using results::ResultsFile;

namespace {

ResultsFile sample(const Scratch& scratch) {
  const auto path = scratch.path() / "results.h5";
  results::write_results(path, small_study(), small_catalog(), small_store(small_study()), Json::object());
  return ResultsFile(path);
}

}  // namespace

TEST_CASE("a summary counts trials and takes mean and spread over seeds") {
  const Scratch scratch;
  const Json summary = results::summarize(sample(scratch));
  CHECK(summary.at("trials").at("total") == 8);
  CHECK(summary.at("trials").at("ok") == 6);
  CHECK(summary.at("trials").at("diverged") == 1);
  CHECK(summary.at("trials").at("missing") == 1);
  CHECK(summary.at("trials").at("missing_evaluations") == 2 + 2 + 1 + 1);
  CHECK(summary.at("combinations").size() == 4);
  CHECK(summary.at("problems").at(0).at("message") == "loss is not finite at epoch 3, step 7");
  const study::Study& study = small_study();
  const Json& first = summary.at("combinations").at(0);
  std::vector<double> values;
  for (const study::Trial& trial : study.trials) {
    const Json model = study.config(trial).at("model");
    if (model.at("width") == first.at("at").at("width") && model.at("activation") == first.at("at").at("activation"))
      values.push_back(value_for(trial.id, "accuracy/test_accuracy", 0));
  }
  REQUIRE(values.size() == 2);
  CHECK(first.at("test_accuracy").at("mean").get<double>() == Approx((values[0] + values[1]) / 2));
  CHECK(first.at("test_accuracy").at("std").get<double>() == Approx(std::abs(values[0] - values[1]) / std::sqrt(2.0)));
  CHECK(first.at("attacks").at("pgd").at("robust_accuracy").at(0).at("count") == 0);
  CHECK(first.at("attacks").at("pgd").at("robust_accuracy").at(1).at("count") == 2);
  CHECK(first.at("attacks").at("pgd").at("clean_accuracy").at("count") == 2);
}

TEST_CASE("the table names evaluations that lost their meaning, and has one clean column for the same samples") {
  const Scratch scratch;
  const auto path = scratch.path() / "results.h5";
  results::RecordStore store;
  for (wire::Record& record : small_records(small_study())) {
    if (record.columns.contains("clean_accuracy")) record.columns["clean_accuracy"] = wire::Array::scalar(0.875);
    if (record.columns.contains("exponent") && record.trial == small_study().trials[0].id) {
      record.status = wire::Status::diverged;
      record.message = "layer 1: lost";
    }
    store.add(std::move(record));
  }
  results::write_results(path, small_study(), small_catalog(), store, Json::object());
  const std::string table = results::as_table(results::summarize(ResultsFile(path)));
  CHECK_THAT(table, Catch::Contains("fgsm clean") && Catch::Contains("0.875"));
  CHECK_THAT(table, !Catch::Contains("pgd clean"));
  CHECK_THAT(table, Catch::Contains("\n" + small_study().trials[0].id + " spectrum diverged: layer 1: lost\n"));
}

TEST_CASE("what went wrong, and a value of an axis, is one line of the table whatever its text") {
  const Scratch scratch;
  Json summary = results::summarize(sample(scratch));
  const std::string before = results::as_table(summary);
  summary["problems"][0]["message"] = "first\nsecond \x1b[31m";
  summary["combinations"][0]["at"]["activation"] = "a\nb";
  const std::string table = results::as_table(summary);
  CHECK_THAT(table, Catch::Contains(R"(diverged: first\nsecond \u001b[31m)"));
  CHECK_THAT(table, Catch::Contains(R"(a\nb)"));
  CHECK(std::count(table.begin(), table.end(), '\n') == std::count(before.begin(), before.end(), '\n'));
}

TEST_CASE("attacks on different numbers of samples say how many") {
  const Scratch scratch;
  Json summary = results::summarize(sample(scratch));
  CHECK(summary.at("attacked_samples") == Json{{"fgsm", 1000}, {"pgd", 1000}});
  CHECK_THAT(results::as_table(summary), !Catch::Contains("\nattacked samples"));
  summary["attacked_samples"]["pgd"] = 200;
  CHECK_THAT(results::as_table(summary), Catch::Contains("\nattacked samples: fgsm 1,000, pgd 200\n"));
  summary["attacked_samples"]["pgd"] = 0;
  CHECK_THAT(results::as_table(summary), Catch::Contains("\nattacked samples: fgsm 1,000, pgd all\n"));
}

TEST_CASE("a table that is wider than the terminal lacks columns and says which") {
  const Scratch scratch;
  const Json summary = results::summarize(sample(scratch));
  const std::string whole = results::as_table(summary);
  CHECK(results::as_table(summary, 1000) == whole);
  const std::string narrow = results::as_table(summary, 60);
  CHECK_THAT(narrow,
             Catch::Contains("left out, for 60 columns: pgd 0.1, fgsm clean, pgd clean;\nall of them: --wide\n"));
  const auto heads = [](const std::string& table) {
    const std::size_t begin = table.find("\n\n") + 2;
    return table.substr(begin, table.find('\n', begin) - begin);
  };
  CHECK(heads(narrow).size() < heads(whole).size());
  CHECK_THAT(heads(narrow), Catch::Contains("test accuracy"));
  // However narrow: what tells rows apart, and one intensity of each attack, stay.
  const std::string least = results::as_table(summary, 1);
  CHECK_THAT(heads(least), Catch::Contains("ok") && Catch::Contains("fgsm 0.1") && !Catch::Contains("clean"));
}

TEST_CASE("infinite width is shown as the study writes it, for people and for programs") {
  const Scratch scratch;
  const study::Study study = study_from(R"({
    "name": "wide", "metrics": {"accuracy": {}},
    "model": {"kind": "mlp", "width": {"sweep": [64, "inf"]}, "parametrisation": "ntk", "weight_variance": 2,
              "centre_output": true},
    "training": {"loss": "mse", "optimizer": {"kind": "sgd", "momentum": 0}}})");
  results::write_results(scratch.path() / "results.h5", study, small_catalog(), {}, Json::object());
  const ResultsFile file(scratch.path() / "results.h5");
  const Json summary = Json::parse(json_text(results::summarize(file)));
  REQUIRE(summary.at("combinations").size() == 2);
  CHECK(summary.at("combinations").at(0).at("at").at("width") == 64.0);
  CHECK(summary.at("combinations").at(1).at("at").at("width") == "inf");
  CHECK(summary.at("combinations").at(1).at("test_accuracy").at("mean").is_null());
  CHECK_THAT(results::as_table(results::summarize(file)), Catch::Contains("  inf  0/1"));
  for (const char* attribute : {"study_json", "resolved_json", "axes_json", "evaluations_json", "provenance"}) {
    const std::string text = file.attribute("/", attribute);
    INFO(attribute << ": " << text);
    CHECK_NOTHROW(Json::parse(text));
    CHECK(text.find("null") == std::string::npos);
  }
  CHECK(file.json_attribute("axes_json").at(0).at("values") == Json{64, "inf"});
}

TEST_CASE("the table names the axes, the attacks and what went wrong") {
  const Scratch scratch;
  const std::string table = results::as_table(results::summarize(sample(scratch)));
  CHECK_THAT(table, Catch::StartsWith("small: 8 trials: 6 ok, 1 diverged, 1 missing; 6 evaluations to come\n"));
  for (const char* word :
       {"width", "activation", "test accuracy", "fgsm clean", "fgsm 0.1", "pgd clean", "pgd 0.05", "last exponent",
        "standard deviation over seed", "diverged: loss is not finite at epoch 3, step 7"})
    CHECK_THAT(table, Catch::Contains(word));
}

TEST_CASE("the CSV has a row per trial, attack and intensity, with every number to the last bit") {
  const Scratch scratch;
  std::istringstream lines(results::as_csv(sample(scratch)));
  std::string line;
  std::getline(lines, line);
  CHECK(line ==
        "trial,trial_id,seed,width,activation,status,attack,epsilon,attack_status,robust_accuracy,robust_loss,"
        "clean_accuracy,clean_loss,unconfirmed,sample_gradients,rise,above_cheaper,train_accuracy,train_loss,"
        "train_cross_entropy,test_accuracy,test_loss,"
        "test_cross_entropy\r");
  std::size_t count = 0;
  const std::string& id = small_study().trials[small_study().cells[0].trial].id;
  while (std::getline(lines, line)) {
    ++count;
    if (count != 1) continue;
    CHECK_THAT(line, Catch::Contains("," + text::number(value_for(id, "fgsm/clean_accuracy", 0)) + "," +
                                     text::number(value_for(id, "fgsm/clean_loss", 0)) + ","));
    CHECK_THAT(line, Catch::StartsWith("0," + id + ",0,4,tanh,ok,fgsm,0,ok," +
                                       text::number(value_for(id, "fgsm/robust_accuracy", 0)) + ","));
  }
  CHECK(count == 8 * 4);
}

TEST_CASE("the CSV of layers has a row per trial and layer, and none of trials without numbers") {
  const Scratch scratch;
  std::istringstream lines(results::layers_as_csv(sample(scratch)));
  std::string line;
  std::getline(lines, line);
  CHECK_THAT(line, Catch::StartsWith("trial,trial_id,seed,width,activation,status,layer,"));
  CHECK_THAT(line, Catch::Contains(",exponent,"));
  std::vector<std::string> header;
  std::istringstream names(line);
  for (std::string name; std::getline(names, name, ',');) header.push_back(name);
  const auto exponent = static_cast<std::size_t>(std::find(header.begin(), header.end(), "exponent") - header.begin());
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ',');) fields.push_back(field);
    const std::size_t layer = count % 2;  // of a depth of 2
    REQUIRE(fields.size() >= exponent);
    CHECK(fields[6] == std::to_string(layer + 1));
    CHECK(fields[exponent] == text::number(value_for(fields[1], "spectrum/exponent", layer)));
    ++count;
  }
  CHECK(count == 6 * 2);
}

TEST_CASE("the matrices of recurrent networks stand in rows of their own beside their states") {
  const study::Study study = study_from(R"({"name": "states", "model": {"kind": "rnn", "width": 5},
    "attacks": {}, "metrics": {"spectrum": {}, "weights": {}}})");
  results::RecordStore store;
  wire::Record record;
  record.trial = study.trials.front().id;
  store.add(record);
  record.kind = wire::RecordKind::evaluation;
  for (const study::Evaluation& asked : study.evaluations(study.trials.front())) {
    record.evaluation = asked.id;
    record.columns.clear();
    record.columns[asked.kind == "spectrum" ? "exponent" : "singular_entropy"] =
        asked.kind == "spectrum" ? wire::Array::of({1.25, 1.5, 1.75, 2}) : wire::Array::of({0.25, 0.5, 0.75});
    store.add(record);
  }
  const Scratch scratch;
  const auto path = scratch.path() / "results.h5";
  results::write_results(path, study, small_catalog(), store, Json::object());
  const std::string text = results::layers_as_csv(ResultsFile(path));
  CHECK_THAT(text, Catch::Contains(",layer,affine,"));
  CHECK_THAT(text, Catch::Contains(",ok,1,,") && Catch::Contains(",ok,4,,"));
  CHECK_THAT(text, Catch::Contains(",ok,,1,") && Catch::Contains(",ok,,3,") && !Catch::Contains(",ok,,4,"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CHECK_FALSE((line.find("1.25") != std::string::npos && line.find("0.25") != std::string::npos));
  }
}

TEST_CASE("a reader finds no number where an integer is missing") {
  const Scratch scratch;
  const results::Variable ranks = sample(scratch).read("spectrum/fit_ranks");
  REQUIRE(ranks.dtype == "i64");
  CHECK(std::count_if(ranks.numbers.begin(), ranks.numbers.end(), [](double n) { return std::isnan(n); }) == 2 * 2);
}

TEST_CASE("a CSV of layers without a number is refused with what to do") {
  const Scratch scratch;
  const auto path = scratch.path() / "results.h5";
  results::write_results(path, small_study(), small_catalog(), {}, Json::object());
  CHECK_THROWS_WITH(results::layers_as_csv(ResultsFile(path)),
                    Catch::Contains("--long layers: " + path.string() +
                                    ": no network has a number per layer; the study "
                                    "needs the metric spectrum"));
}

TEST_CASE("the last exponent of a network is that of its own last layer where others are deeper") {
  const std::string first = small_study().trials.front().id;
  results::RecordStore store;
  for (wire::Record record : small_records(small_study())) {
    if (record.columns.contains("exponent")) {
      const bool is_shallow = record.trial == first;
      record.columns["exponent"] = is_shallow ? wire::Array::of({1.25}) : wire::Array::of({1.5, 1.75});
      record.columns["fit_first"] = is_shallow ? wire::Array::of({11.0}) : wire::Array::of({11.0, 11.0});
      record.columns["fit_last"] = is_shallow ? wire::Array::of({500.0}) : wire::Array::of({500.0, 500.0});
      record.columns.erase("fit_ranks");
    }
    store.add(std::move(record));
  }
  const Scratch scratch;
  const auto path = scratch.path() / "results.h5";
  results::write_results(path, small_study(), small_catalog(), store, Json::object());
  const Json combinations = results::summarize(ResultsFile(path)).at("combinations");
  CHECK(combinations.at(0).at("last_exponent").at("mean") == 1.5);  // of the first seed 1.25, of the second 1.75
}

TEST_CASE("exponents are those of trained networks, whichever metric of a case has them") {
  std::string text = small_study_text;
  const std::string metrics = R"("metrics": {"accuracy": {}, "spectrum": {}})";
  text.replace(text.find(metrics), metrics.size(),
               R"("metrics": {"a_start": {"kind": "spectrum", "network": "initial"}},
  "cases": [{"name": "one", "metrics": {"end": {"kind": "spectrum"}}},
            {"name": "two", "training": {"batch_size": 50}, "metrics": {"other_end": {"kind": "spectrum", "samples": 100}}}])");
  const study::Study study = study_from(text);
  results::RecordStore store;
  for (const study::Trial& trial : study.trials) {
    wire::Record record;
    record.trial = trial.id;
    record.kind = wire::RecordKind::training;
    store.add(record);
    record.kind = wire::RecordKind::evaluation;
    for (const study::Evaluation& asked : study.evaluations(trial)) {
      if (asked.kind != "spectrum") continue;
      record.evaluation = asked.id;
      const double value = asked.label == "a_start" ? 0.5 : asked.label == "end" ? 1.25 : 1.5;
      record.columns["exponent"] = wire::Array::of({value});
      record.columns["fit_first"] = wire::Array::of({11.0});
      record.columns["fit_last"] = wire::Array::of({500.0});
      store.add(record);
    }
  }
  const Scratch scratch;
  const auto path = scratch.path() / "results.h5";
  results::write_results(path, study, small_catalog(), store, Json::object());
  const Json combinations = results::summarize(ResultsFile(path)).at("combinations");
  CHECK(combinations.size() == 8);
  for (const Json& combination : combinations) {
    CHECK(combination.at("last_exponent").at("mean") == (combination.at("at").at("case") == "one" ? 1.25 : 1.5));
  }
}

TEST_CASE("the last exponent is that of the last layer, and of enough ranks") {
  const auto shown = [](double last_rank, double value) {
    results::RecordStore store;
    for (wire::Record record : small_records(small_study())) {
      if (record.columns.contains("exponent")) {
        record.columns["exponent"] = wire::Array::of({1.5, value});
        record.columns["fit_first"] = wire::Array::of({11.0, 11.0});
        record.columns["fit_last"] = wire::Array::of({500.0, last_rank});
        record.columns.erase("fit_ranks");  // as in a ledger from before this column existed
      }
      store.add(std::move(record));
    }
    const Scratch scratch;
    const auto path = scratch.path() / "results.h5";
    results::write_results(path, small_study(), small_catalog(), store, Json::object());
    return results::summarize(ResultsFile(path)).at("combinations").at(0).at("last_exponent").at("mean");
  };
  CHECK(shown(18, 1.25) == 1.25);
  CHECK(shown(17, 1.25).is_null());
  CHECK(shown(12, NAN).is_null());
}
