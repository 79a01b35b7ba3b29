// SPDX-License-Identifier: MIT
// A study of toys alone, from its packs to its results file.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "eigensweep/catalog.hpp"
#include "eigensweep/data/dataset.hpp"
#include "eigensweep/results/read/reader.hpp"
#include "eigensweep/results/write/results_file.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "scratch.hpp"
#include "task_of_study.hpp"
#include "toy_study.hpp"

using namespace eigensweep;

namespace {

wire::PackTask task_of(const study::Pack& pack) {
  wire::PackTask task;
  task.pack = pack.id;
  for (const study::Lane& lane : pack.lanes) {
    const study::Trial& trial = toy_study().trials[lane.trial];
    task.lanes.push_back({trial.id, toy_study().config(trial), true, ""});
  }
  task.evaluations = task_evaluations(pack.evaluations);
  return task;
}

/// The records of all packs, run one after the other by one worker.
std::vector<wire::Record> records_of_all(const worker::PackHooks& watched = {}) {
  std::vector<wire::Record> records;
  worker::Session session(torch::kCPU);
  worker::PackHooks hooks = watched;
  hooks.record = [&](const wire::Record& record) { records.push_back(record); };
  for (const study::Pack& pack : toy_packs()) {
    CHECK(worker::run_pack(task_of(pack), session, hooks) == worker::Ending::finished);
  }
  return records;
}

/// The evaluation that a record answers; null for a training's.
const study::Evaluation* asked_by(const wire::Record& record) {
  for (const study::Evaluation& asked : toy_study().evaluations(toy_study().trials.front())) {
    if (asked.id == record.evaluation) return &asked;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("the toys' records hold the declared columns, with finite numbers") {
  std::map<std::string, std::size_t> answers;  // per trial
  for (const wire::Record& record : records_of_all()) {
    const study::Evaluation* asked = asked_by(record);
    INFO((asked == nullptr ? "training" : asked->label) << ": " << record.message);
    CHECK(record.status == wire::Status::ok);
    ++answers[record.trial];
    std::set<std::string> wanted, there;
    for (const study::Column& column :
         asked == nullptr ? study::history_columns() : catalog().find(asked->family, asked->kind)->columns) {
      wanted.insert(column.name);
    }
    for (const auto& [name, array] : record.columns) {
      there.insert(name);
      const std::vector<double> values = array.values();
      CHECK_FALSE(values.empty());
      CHECK(std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }));
    }
    CHECK(there == wanted);
    CHECK(record.provenance.at("dataset_sha256") ==
          data::load(toy_study().config(toy_study().trials.front()).at("dataset")).sha256);
  }
  CHECK(answers.size() == 8);
  for (const auto& [trial, count] : answers) CHECK(count == 3);  // training, darkness, mean_logit
}

TEST_CASE("the toys train: a step moves no weight by more than the halved rate, and some by just that") {
  std::vector<torch::Tensor> before;
  worker::PackHooks hooks;
  hooks.trace = [&](training::Trainer& trainer, std::int64_t, std::int64_t epoch, const training::StepResult* result) {
    double largest = 0;
    std::vector<torch::Tensor> now;
    for (const models::NamedTensor& named : trainer.model().parameters()) now.push_back(named.tensor.detach().clone());
    if (result == nullptr) {
      CHECK(now.size() == 4);
    } else {
      for (std::size_t i = 0; i < now.size(); ++i) {
        largest = std::max(largest, (now[i] - before[i]).abs().max().item<double>());
      }
      CHECK(largest == Approx(0.01 * std::pow(0.5, epoch)).epsilon(1e-4));
    }
    before = now;
  };
  records_of_all(hooks);
}

TEST_CASE("the penalty of a toy counts for the lanes that ask for it") {
  std::map<std::string, double> strengths;
  for (const study::Trial& trial : toy_study().trials) {
    const Json penalties = toy_study().config(trial).at("regularizers");
    strengths[trial.id] = penalties.empty() ? 0.0 : penalties.at("weight_norm").at("strength").get<double>();
  }
  for (const wire::Record& record : records_of_all()) {
    if (record.kind != wire::RecordKind::training) continue;
    for (const double penalty : record.columns.at("penalty").values()) {
      CHECK((penalty > 0) == (strengths.at(record.trial) > 0));
    }
  }
}

TEST_CASE("the toys' results are written and read back") {
  const Scratch scratch;
  const auto path = scratch.path() / "results.h5";
  const study::Study& study = toy_study();
  const std::vector<wire::Record> records = records_of_all();
  results::RecordStore store;
  for (const wire::Record& record : records) store.add(record);
  CHECK(results::write_results(path, study, catalog(), store, Json::object()).empty());

  const results::ResultsFile file(path);
  const results::Variable dark = file.read("attacks/robust_loss");
  CHECK(file.read("attack").texts == std::vector<std::string>{"darkness"});
  CHECK(file.read("epsilon").numbers == std::vector<double>{0, 0.25});
  const results::Variable means = file.read("mean_logit/class_logit");
  CHECK(means.shape == std::vector<std::size_t>{8, 2});
  std::size_t compared = 0;
  for (std::size_t row = 0; row < study.cells.size(); ++row) {
    const std::string& trial = study.trials[study.cells[row].trial].id;
    for (const wire::Record& record : records) {
      const study::Evaluation* asked = asked_by(record);
      if (record.trial != trial || asked == nullptr) continue;
      const bool is_attack = asked->family == study::Family::attack;
      const std::vector<double> wanted = record.columns.at(is_attack ? "robust_loss" : "class_logit").values();
      const std::vector<double>& there = is_attack ? dark.numbers : means.numbers;
      REQUIRE(wanted.size() == 2);
      for (std::size_t i = 0; i < 2; ++i) CHECK(there.at(row * 2 + i) == wanted[i]);
      ++compared;
    }
  }
  CHECK(compared == 16);
}
