// SPDX-License-Identifier: MIT
// Runs every attack and metric of the catalog on small networks, and checks that they return the declared columns.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "resolved.hpp"
#include "task_of_study.hpp"

using namespace eigensweep;

namespace {

/// A study with all attacks and metrics of the catalog. They have default options, except for `options` of a metric
/// and few steps.
std::string study_of_everything(const std::string& model, const std::string& training, const Json& options) {
  Json attacks = Json::object(), metrics = Json::object();
  for (const study::Kind& kind : catalog().all()) {
    if (kind.family == study::Family::attack && is_refused(kind, model, training)) continue;
    if (kind.family == study::Family::attack) {
      attacks[kind.name] = {{"samples", 20}};
      if (kind.options.find("steps") != nullptr) attacks[kind.name]["steps"] = 3;
      // In a ball that holds the whole box a search has found something after a few steps, of the thousands that
      // autoattack_standard would take.
      const double intensity = kind.name == "autoattack_standard" ? 1 : 0.1;
      if (!kind.intensity.empty()) attacks[kind.name][kind.intensity] = {{"sweep", {0, intensity}}};
    }
    if (kind.family != study::Family::metric) continue;
    metrics[kind.name] = options.value(kind.name, Json::object());
    if (kind.options.find("samples") != nullptr) metrics[kind.name]["samples"] = 20;
    if (kind.options.find("train_samples") != nullptr) metrics[kind.name]["train_samples"] = 12;
  }
  return R"({"name": "all", "dataset": {"kind": "mnist", "train_samples": 40, "test_samples": 24,
             "validation_samples": 10}, "seed": {"sweep": [0, 1]}, "model": )" +
         model + R"(, "training": )" + training + R"(, "attacks": )" + attacks.dump() + R"(, "metrics": )" +
         metrics.dump() + "}";
}

std::vector<wire::Record> records_of(const study::Study& study) {
  std::vector<wire::Record> records;
  worker::PackHooks hooks;
  hooks.record = [&](const wire::Record& record) { records.push_back(record); };
  worker::Session session(torch::kCPU);
  CHECK(worker::run_pack(task_of_study(study), session, hooks) == worker::Ending::finished);
  return records;
}

std::set<std::string> names_of(const std::map<std::string, wire::Array>& columns) {
  std::set<std::string> names;
  for (const auto& [name, array] : columns) names.insert(name);
  return names;
}

/// `intensities`: length of the dimension before the declared ones; empty for a kind without intensities.
void check(const std::vector<study::Column>& declared, const wire::Record& record,
           const std::vector<std::int64_t>& intensities, const Json& options, const Json& config) {
  CHECK(record.status == wire::Status::ok);
  std::set<std::string> wanted;
  for (const study::Column& column : declared) {
    if (!column.returned_if || column.returned_if(options, config)) wanted.insert(column.name);
  }
  CHECK(names_of(record.columns) == wanted);
  for (const study::Column& column : declared) {
    const auto found = record.columns.find(column.name);
    if (found == record.columns.end()) continue;
    INFO(column.name);
    const wire::Array& array = found->second;
    const std::vector<std::int64_t> leading = column.per_intensity ? intensities : std::vector<std::int64_t>();
    CHECK(array.dtype == column.dtype);
    REQUIRE(array.shape.size() == leading.size() + column.dims.size());
    CHECK(std::vector<std::int64_t>(array.shape.begin(),
                                    array.shape.begin() + static_cast<std::ptrdiff_t>(leading.size())) == leading);
    CHECK(array.size() > 0);
  }
}

void check_everything(const std::string& model, const std::string& training, const Json& options = Json::object()) {
  const study::Study study = study::parse_study(study_of_everything(model, training, options), "all.json", catalog());
  std::map<std::string, Json> configs;
  for (const study::Trial& trial : study.trials) configs[trial.id] = study.config(trial);
  std::set<std::string> seen;  // kinds
  for (const wire::Record& record : records_of(study)) {
    const Json& config = configs.at(record.trial);
    if (record.kind == wire::RecordKind::training) {
      check(study::history_columns(), record, {}, Json::object(), config);
      continue;
    }
    for (const study::Evaluation& evaluation : study.evaluations(study.trials.front())) {
      if (evaluation.id != record.evaluation) continue;
      INFO(evaluation.kind);
      std::vector<std::int64_t> intensities;
      if (!evaluation.intensity_name.empty())
        intensities.push_back(static_cast<std::int64_t>(evaluation.intensities.size()));
      check(catalog().find(evaluation.family, evaluation.kind)->columns, record, intensities, evaluation.options,
            config);
      seen.insert(evaluation.kind);
    }
  }
  for (const study::Family family : {study::Family::attack, study::Family::metric}) {
    for (const std::string& kind : catalog().names(family)) {
      INFO(kind);
      CHECK((seen.count(kind) == 1) == !is_refused(*catalog().find(family, kind), model, training));
    }
  }
}

}  // namespace

TEST_CASE("every attack and metric returns the columns that it declares") {
  check_everything(R"({"kind": "mlp", "width": 6, "depth": 2})", R"({"epochs": 1, "batch_size": 20})");
}

TEST_CASE("columns that depend on options come with these, and are declared so") {
  check_everything(R"({"kind": "mlp", "width": 6, "depth": 2})", R"({"epochs": 3, "batch_size": 20, "snapshots": 2})",
                   {{"kernel_regime", {{"keep_grams", true}}}});
}

TEST_CASE("at infinite width every attack and metric returns the columns that it declares for it") {
  check_everything(
      R"({"kind": "mlp", "width": "inf", "depth": 2, "parametrisation": "ntk", "weight_variance": 2,
                       "bias_variance": 0.1, "centre_output": true})",
      R"({"epochs": 1, "batch_size": 20, "loss": "mse", "optimizer": {"kind": "sgd", "learning_rate": 0.1}})",
      {{"kernel_regime", {{"keep_grams", true}}}});
}
