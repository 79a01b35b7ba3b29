// SPDX-License-Identifier: MIT
// Grids of many cells. The tests count work instead of time, so they do not depend on a machine's speed.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "plan/shapes.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {

struct Work {
  int refusals = 0;
  int shapes = 0;
  int infos = 0;
};

// The small catalog, with an MLP and a dataset that count how often they are asked.
Catalog counting_catalog(Work& work) {
  Catalog made;
  for (Kind kind : small_catalog().all()) {
    if (kind.family == Family::model && kind.name == "mlp") {
      kind.refuse = [&work, inner = kind.refuse](const Json& options, const Json& config) {
        ++work.refusals;
        return inner(options, config);
      };
      kind.shape = [&work, inner = kind.shape](const Json& options, const DatasetInfo& dataset) {
        ++work.shapes;
        return inner(options, dataset);
      };
    }
    if (kind.family == Family::dataset && kind.name == "gaussian") {
      kind.info = [&work, inner = kind.info](const Json& options) {
        ++work.infos;
        return inner(options);
      };
    }
    made.add(std::move(kind));
  }
  return made;
}

// The study of one cell: every sweep is replaced by the cell's value.
Json alone(const Study& study, const Cell& cell) {
  Json document = study.resolved();
  document.erase("zip");
  document.erase("exclude");
  for (std::size_t i = 0; i < study.axes.size() && study.axes[i].role != Role::evaluation; ++i) {
    document[Json::json_pointer(study.axes[i].pointer)] = study.coordinate(cell, i);
  }
  return document;
}

// The declared defaults of a kind; a required option gets any value that it admits.
Json some_options(const Kind& kind) {
  Json options{{"kind", kind.name}};
  for (const Option& option : kind.options.all()) {
    Json value = option.default_value;
    if (value.is_null() && option.type == Type::integer) value = std::max(1.0, option.range.low);
    if (value.is_null() && option.type == Type::number) value = std::max(1.0, option.range.low);
    if (value.is_null() && option.type == Type::choice) value = option.choices.front();
    if (value.is_null() && option.type == Type::text) value = "x";
    options[option.name] = value.is_number_float() && option.type == Type::integer
                               ? Json(static_cast<long long>(value.get<double>()))
                               : value;
  }
  return options;
}

// The same, with each option in turn at other values.
std::vector<Json> variations(const Kind& kind) {
  std::vector<Json> all{some_options(kind)};
  for (const Option& option : kind.options.all()) {
    std::vector<Json> values;
    if (option.type == Type::boolean) values = {false, true};
    if (option.infinite) values.emplace_back("inf");
    for (const std::string& choice : option.choices) values.emplace_back(choice);
    for (const Json& value : values) {
      all.push_back(all.front());
      all.back()[option.name] = value;
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a cell's trial and configuration are those of a study of this cell alone") {
  const Json studies = Json::parse(file::read(EIGENSWEEP_SOURCE_FOLDER "/tests/study/golden/studies.json"));
  std::size_t compared = 0;
  for (const auto& [name, document] : studies.items()) {
    INFO(name);
    if (document.contains("cases")) continue;
    Study study;
    try {
      study = parse(document.dump());
    } catch (const Error&) {
      continue;  // this study only tests a refusal
    }
    for (std::size_t i = 0; i < study.cells.size(); i += 1 + study.cells.size() / 40) {
      const Study one = parse(alone(study, study.cells[i]).dump());
      const Trial& trial = study.trials[study.cells[i].trial];
      REQUIRE(one.trials.size() == 1);
      REQUIRE(one.trials.front().id == trial.id);
      if (trial.cell == i) REQUIRE(one.config(one.trials.front()) == study.config(trial));
      REQUIRE(study.seed(trial) == study.config(trial).at("seed").get<long long>());
      ++compared;
    }
  }
  CHECK(compared > 300);
}

TEST_CASE("each trial's dataset is one of the study's sections, which stand in the order of their first trial") {
  const Study study = parse(R"({"name": "a", "seed": {"sweep": [1, 2]}, "model": {"width": 64},
    "dataset": {"kind": "gaussian", "exponent": {"sweep": [1, 2]}},
    "cases": [{"name": "one"}, {"name": "two", "dataset": {"exponent": {"sweep": [3, 2]}}},
              {"name": "other", "dataset": {"kind": "mnist", "train_samples": {"sweep": [10000, 20000]}}}]})");
  REQUIRE(study.dataset_sections().size() == 5);
  std::size_t next = 0;
  for (const Trial& trial : study.trials) {
    const std::size_t section = study.dataset_section(trial);
    REQUIRE(section <= next);
    next = std::max(next, section + 1);
    CHECK(study.dataset_sections()[section] == study.config(trial).at("dataset"));
  }
  CHECK(next == 5);
}

TEST_CASE("trials of one recipe differ in nothing but their seed") {
  const Study study = parse(R"({"name": "a", "model": {"width": {"sweep": [16, 32]}}, "seed": {"sweep": [3, 4, 5]},
    "training": {"epochs": {"sweep": [1, 2]}},
    "cases": [{"name": "one"}, {"name": "two", "model": {"depth": 2}},
              {"name": "zipped", "model": {"depth": {"sweep": [3, 4, 5]}}}],
    "zip": [["/training/epochs", "/model/width"]]})");
  std::map<std::size_t, std::set<std::string>> configs;
  for (const Trial& trial : study.trials) {
    Json config = study.config(trial);
    config.erase("seed");
    configs[study.recipe(trial)].insert(config.dump());
  }
  CHECK(study.recipes() == 2 + 2 + 6);
  CHECK(configs.size() == study.recipes());
  CHECK(configs.rbegin()->first < study.recipes());
  for (const auto& [recipe, texts] : configs) CHECK(texts.size() == 1);
  const Study zipped = parse(R"({"name": "a", "seed": {"sweep": [3, 4]}, "model": {"width": {"sweep": [16, 32]}},
    "zip": [["/seed", "/model/width"]]})");
  CHECK(zipped.recipes() == 2);
  CHECK(zipped.recipe(zipped.trials[0]) != zipped.recipe(zipped.trials[1]));
}

TEST_CASE("seeds multiply neither refusals nor shapes nor looks at the data") {
  Work work;
  const Catalog catalog = counting_catalog(work);
  const Study study = parse_study(
      R"({"name": "big", "seed": {"sweep": {"range": [1, 2000, 1]}}, "dataset": {"kind": "gaussian"},
          "model": {"width": {"sweep": {"range": [1, 10, 1]}}}})",
      "s.json", catalog);
  CHECK(study.trials.size() == 20000);
  CHECK(work.refusals == 10);
  CHECK(work.infos == 2);  // for the cells, and for the classes in its parts
  work = {};
  const std::vector<Pack> packs = form_packs(study, catalog, {}, {});
  CHECK(packs.size() >= 10);
  CHECK(work.shapes == 10);
}

TEST_CASE("per-lane options multiply no shapes, but a penalty that is switched off is one of its own") {
  Work work;
  const Catalog catalog = counting_catalog(work);
  const Study study = parse_study(
      R"({"name": "big", "dataset": {"kind": "gaussian"}, "model": {"width": 64},
          "regularizers": {"spectral": {"strength": {"sweep": {"range": [0, 99, 1]}}, "exponent": {"sweep": [1, 2, 3]}}},
          "training": {"optimizer": {"learning_rate": {"sweep": [0.001, 0.002]}}}})",
      "s.json", catalog);
  CHECK(study.trials.size() == 2 * (1 + 3 * 99));
  work = {};
  const std::vector<Pack> packs = form_packs(study, catalog, {}, {});
  CHECK(work.shapes == 2);
  Shapes shapes(study, catalog);
  std::set<std::uint32_t> numbers;
  for (const Trial& trial : study.trials) numbers.insert(shapes.number(trial));
  CHECK(numbers.size() == 2);
  CHECK(shapes.questions() == 2);
  std::set<std::size_t> groups;
  for (const Pack& pack : packs) groups.insert(pack.group);
  CHECK(groups.size() == 2);
}

TEST_CASE("packs of one group share their list of evaluations") {
  const Study study = parse(R"({"name": "a", "seed": {"sweep": {"range": [1, 100, 1]}}, "model": {"width": 64}})");
  const std::vector<Pack> packs = form_packs(study, small_catalog(), {}, {});
  REQUIRE(packs.size() > 1);
  for (const Pack& pack : packs) CHECK(&pack.evaluations.get() == &packs.front().evaluations.get());
}

TEST_CASE("no refusal, no warning and no reason against a limit reads the seed") {
  const Study plain = parse(R"({"name": "a", "model": {"width": 64}, "seed": 5})");
  const Json base = plain.config(plain.trials.front());
  std::set<std::string> asked;
  for (const Kind& kind : small_catalog().all()) {
    for (const Json& options : variations(kind)) {
      Json config = base;
      if (kind.family == Family::dataset) config["dataset"] = options;
      if (kind.family == Family::model) config["model"] = options;
      if (kind.family == Family::optimizer) config["training"]["optimizer"] = options;
      if (kind.family == Family::schedule) config["training"]["schedule"] = options;
      if (kind.family == Family::regularizer) config["regularizers"][kind.name] = options;
      if (kind.family == Family::constraint) config["constraints"][kind.name] = options;
      Json without = config;
      without.erase("seed");
      for (const auto& question : {kind.refuse, kind.warn}) {
        if (!question) continue;
        INFO(kind.name << " " << options.dump());
        asked.insert(kind.name);
        CHECK(question(options, without) == question(options, config));
      }
    }
  }
  CHECK(asked.count("mlp") + asked.count("cnn") + asked.count("sgd") + asked.count("kernel_regime") == 4);
}

TEST_CASE("a grid above the limit is refused in one line before it takes memory") {
  const std::string text =
      R"({"name": "a", "seed": {"sweep": {"range": [0, 999999, 1]}}, "model": {"width": {"sweep": {"range": [1, 1000000, 1]}}}})";
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
#ifndef __SANITIZE_ADDRESS__  // its shadow alone is terabytes of address space
    // The axes' own values fit in this limit, but the cells would not.
    rlimit limit{};
    std::ifstream statm("/proc/self/statm");
    std::size_t pages = 0;
    statm >> pages;
    limit.rlim_cur = limit.rlim_max = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + (300UL << 20U);
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(3);
#endif
    try {
      parse(text);
    } catch (const ConfigError& error) {
      const std::string message = error.what();
      ::_exit(message == "s.json: the grid has 1e+12 cells, more than 5,000,000; sweep fewer values" ? 0 : 2);
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(4);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
