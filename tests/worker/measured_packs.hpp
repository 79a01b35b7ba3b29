// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "evaluate.hpp"
#include "resolved.hpp"
#include "scratch.hpp"
#include "task_of_study.hpp"

/// Packs on which everything is measured.

using namespace eigensweep;
using torch::Tensor;
using wire::Record;
using wire::Status;

constexpr double infinity = std::numeric_limits<double>::infinity();

const std::string mnist =
    R"("dataset": {"kind": "mnist", "train_samples": 24, "test_samples": 12, "validation_samples": 8})";

/// Every attack and every metric that the networks support.
inline Json all_evaluations(const std::string& model, const std::string& training, bool has_tangents) {
  Json attacks = Json::object(), metrics = Json::object();
  for (const std::string& name : catalog().names(study::Family::attack)) {
    const study::Kind& kind = *catalog().find(study::Family::attack, name);
    if (is_refused(kind, model, training)) continue;
    attacks[name] = {{"samples", 6}};
    // In a ball that holds the whole box a search has found something after a few steps, of the thousands that
    // autoattack_standard would take.
    const double intensity = name == "autoattack_standard" ? 1 : 0.1;
    if (!kind.intensity.empty()) attacks[name][kind.intensity] = {{"sweep", {0, intensity}}};
    if (kind.options.find("steps") != nullptr) attacks[name]["steps"] = 2;
  }
  for (const std::string& name : catalog().names(study::Family::metric)) {
    const study::Kind& kind = *catalog().find(study::Family::metric, name);
    if (!has_tangents && name.starts_with("kernel_")) continue;
    if (is_refused(kind, model, training)) continue;
    metrics[name] = Json::object();
    if (kind.options.find("samples") != nullptr) metrics[name]["samples"] = 8;
    if (kind.options.find("train_samples") != nullptr) metrics[name]["train_samples"] = 6;
  }
  return {{"attacks", attacks}, {"metrics", metrics}};
}

/// A study with two seeds of one network.
inline std::string study_text(const std::string& model, const std::string& training, bool has_tangents) {
  return R"({"name": "numbers", "seed": {"sweep": [1, 2]}, )" + mnist + R"(, "model": )" + model + R"(, "training": )" +
         training + ", " + all_evaluations(model, training, has_tangents).dump().substr(1);
}

const std::string short_training = R"({"epochs": 1, "batch_size": 12})";

struct Architecture {
  const char* name;
  std::string model;
  std::string training;
  bool has_tangents;
};

/// A model section with those of the `wanted` options that the kind declares.
inline Json declared(const study::Kind& kind, const Json& wanted) {
  Json model{{"kind", kind.name}};
  for (const auto& [name, value] : wanted.items()) {
    if (kind.options.find(name) != nullptr) model[name] = value;
  }
  return model;
}

/// For each model kind: one network that has tangent kernels, one with all types of layers with tensors, and one of
/// infinite width; the last two only if the kind supports them.
const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> all = [] {
    std::vector<Architecture> made;
    for (const std::string& name : catalog().names(study::Family::model)) {
      const study::Kind& kind = *catalog().find(study::Family::model, name);
      const bool is_cnn = name == "cnn";
      const Json small = is_cnn ? Json{{"depth", 1}, {"channels", 2}, {"width", 5}} : Json{{"depth", 2}, {"width", 5}};
      Json layers = small, limit = small;
      layers.update({{"batch_norm", true}, {"whiten", 1}, {"normalise", "per_channel"}});
      if (is_cnn) layers["kernel_size"] = 20;  // a small output, since whitening needs few units
      limit.update({{"width", "inf"}, {"parametrisation", "ntk"}, {"weight_variance", 1}, {"centre_output", true}});
      if (is_cnn) limit.update({{"pooling", "none"}, {"stride", 3}});
      if (declared(kind, layers) != declared(kind, small)) {
        made.push_back({"layers", declared(kind, layers).dump(), short_training, false});
      }
      made.push_back({"plain", declared(kind, small).dump(), short_training, true});
      if (!kind.limit_wants) continue;
      made.push_back({"infinite", declared(kind, limit).dump(),
                      R"({"epochs": 1, "batch_size": 12, "loss": "mse", "optimizer": {"kind": "sgd", "momentum": 0}})",
                      true});
    }
    return made;
  }();
  return all;
}

inline study::Study parsed(const std::string& text) { return study::parse_study(text, "numbers.json", catalog()); }

inline wire::PackTask task_of(const study::Study& study, const Scratch& scratch, bool train) {
  wire::PackTask task;
  task.pack = "pack";
  for (const study::Trial& trial : study.trials) {
    task.lanes.push_back(
        {trial.id, study.config(trial), train, (scratch.path() / (trial.id + ".safetensors")).string()});
  }
  if (train) return task;
  task.evaluations = task_evaluations(study.evaluations(study.trials.front()));
  return task;
}

inline worker::Session& session() {
  static worker::Session made{torch::kCPU};
  return made;
}

/// Runs the task; returns the records of each trial in the order in which they came.
inline std::map<std::string, std::vector<Record>> run(const wire::PackTask& task, worker::PackHooks hooks = {}) {
  std::map<std::string, std::vector<Record>> records;
  hooks.record = [&](const Record& record) { records[record.trial].push_back(record); };
  CHECK(worker::run_pack(task, session(), hooks) == worker::Ending::finished);
  return records;
}

inline bool has_a_number(const Record& record) {
  for (const auto& [name, array] : record.columns) {
    for (const double value : array.values()) {
      if (!std::isnan(value)) return true;
    }
  }
  return false;
}

inline std::vector<double> numbers(const std::vector<Record>& records) {
  std::vector<double> all;
  for (const Record& record : records) {
    for (const auto& [name, array] : record.columns) {
      for (const double value : array.values()) all.push_back(std::isnan(value) ? -1e300 : value);
    }
  }
  return all;
}
