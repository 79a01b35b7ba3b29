// SPDX-License-Identifier: MIT
// The memory that the cost model predicts for a pack, against the most that the device has in use while it runs.
#include <catch2/catch.hpp>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/worker/host.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "pretended/memory.hpp"
#include "task_of_study.hpp"

using namespace eigensweep;

namespace {

study::Study study_of(const char* changes, int lanes) {
  Json document = Json::parse(R"({
    "name": "memory", "dataset": {"kind": "gaussian", "input_size": 784, "train_samples": 2000, "test_samples": 1000},
    "model": {"width": 64}, "metrics": {},
    "training": {"epochs": 1, "batch_size": 128, "optimizer": {"kind": "adam", "amsgrad": true}}})");
  document["seed"] = {{"sweep", {{"range", {0, lanes - 1, 1}}}}};
  document.merge_patch(Json::parse(changes));
  return study::parse_study(document.dump(), "memory.json", catalog());
}

double predicted(const study::Study& study) {
  std::vector<study::Lane> lanes;
  for (std::size_t trial = 0; trial < study.trials.size(); ++trial) lanes.push_back({trial, true});
  return study::predicted_bytes(study, catalog(), lanes, study.evaluations(study.trials.front()), study::stated_gpu);
}

double counted(const study::Study& study) {
  const wire::PackTask task = task_of_study(study);
  worker::PackHooks hooks;
  hooks.record = [](const wire::Record& record) { CHECK(record.status == wire::Status::ok); };
  pretended::Memory& memory = pretended::Memory::instance();
  const std::size_t before = memory.used();
  memory.forget_peak();
  {
    worker::Session session(pretended::device);
    CHECK(worker::run_pack(task, session, hooks) == worker::Ending::finished);
  }
  return static_cast<double>(memory.peak() - before);
}

void expect_predicted(const std::string& name, const std::string& changes, int lanes) {
  const study::Study study = study_of(changes.c_str(), lanes);
  const double bytes = predicted(study), most = counted(study);
  INFO(name << ", " << lanes << " lanes");
  CHECK(bytes == Approx(most).epsilon(0.25));
}

}  // namespace

TEST_CASE("the memory of a pack is predicted within a quarter") {
  const auto [name, changes] = GENERATE(table<std::string, std::string>({
      {"mlp 64", R"({})"},
      {"mlp 64, batches of 384", R"({"training": {"batch_size": 384}})"},
      {"mlp 64, batches shared", R"({"training": {"batch_size": 384, "batch_order": "shared"}})"},
      {"mlp 64, spectral", R"({"regularizers": {"spectral": {}}})"},
      {"mlp 256, spectral", R"({"model": {"width": 256}, "regularizers": {"spectral": {}}})"},
      {"mlp 256, spectral, batches of 384",
       R"({"model": {"width": 256}, "regularizers": {"spectral": {}}, "training": {"batch_size": 384, "epochs": 2}})"},
      {"mlp of depth 3, spectral on all",
       R"({"model": {"width": 256, "depth": 3}, "regularizers": {"spectral": {"layers": "all"}},
           "training": {"batch_size": 384}})"},
      {"mlp of depth 3, no penalty", R"({"model": {"width": 256, "depth": 3}, "training": {"batch_size": 384}})"},
      {"mlp 256, gelu", R"({"model": {"width": 256, "activation": "gelu"}, "training": {"batch_size": 384}})"},
      {"mlp 256, batch norm", R"({"model": {"width": 256, "batch_norm": true}, "training": {"batch_size": 384}})"},
      {"mlp 256, spectral and batch norm",
       R"({"model": {"width": 256, "batch_norm": true}, "regularizers": {"spectral": {}},
           "training": {"batch_size": 384}})"},
      {"mlp of depth 3, dann, batches of 2,000",
       R"({"dataset": {"kind": "mnist", "input_size": null}, "training": {"batch_size": 2000},
           "model": {"depth": 3, "layer": "dann", "activation": "relu"}})"},
      {"mlp of depth 3, dann, spectral on all",
       R"({"dataset": {"kind": "mnist", "input_size": null}, "regularizers": {"spectral": {"layers": "all"}},
           "model": {"depth": 3, "layer": "dann", "activation": "relu"}})"},
      {"mlp 64, jacobian", R"({"regularizers": {"jacobian": {}}})"},
      {"mlp 64, jacobian of three directions", R"({"regularizers": {"jacobian": {"projections": 3}}})"},
      {"mlp 64, jacobian of all classes", R"({"regularizers": {"jacobian": {"projections": 0}}})"},
      {"mlp 256, jacobian, batches of 384",
       R"({"model": {"width": 256}, "regularizers": {"jacobian": {}}, "training": {"batch_size": 384}})"},
      {"mlp of depth 3, jacobian",
       R"({"model": {"width": 256, "depth": 3}, "regularizers": {"jacobian": {}}, "training": {"batch_size": 384}})"},
      {"mlp 256, adamw", R"({"model": {"width": 256}, "training": {"optimizer": {"kind": "adamw", "amsgrad": null}}})"},
      {"mlp of depth 3, whitened", R"({"model": {"width": 128, "depth": 3, "whiten": 1}})"},
      {"mlp 256, sgd", R"({"model": {"width": 256}, "training": {"optimizer": {"kind": "sgd", "amsgrad": null}}})"},
      {"mlp 256, fgsm adversary", R"({"model": {"width": 256}, "training": {"adversary": "fgsm"}})"},
      {"mlp 256, pgd adversary", R"({"model": {"width": 256}, "training": {"adversary": "pgd"}})"},
      {"mlp 256, accuracy", R"({"model": {"width": 256}, "metrics": {"accuracy": {}}})"},
      {"mlp 256, default metrics", R"({"model": {"width": 256}, "metrics": null})"},
      {"mlp 256, fgsm", R"({"model": {"width": 256}, "attacks": {"fgsm": {"epsilon": 0.1}}})"},
      {"mlp 256, pgd", R"({"model": {"width": 256}, "attacks": {"pgd": {"epsilon": 0.1, "steps": 2}}})"},
      {"mlp 256, batch norm, pgd",
       R"({"model": {"width": 256, "batch_norm": true}, "attacks": {"pgd": {"epsilon": 0.1, "steps": 2}}})"},
      {"mlp of depth 3, dann, pgd",
       R"({"dataset": {"kind": "mnist", "input_size": null},
           "model": {"width": 256, "depth": 3, "layer": "dann", "activation": "relu"},
           "attacks": {"pgd": {"epsilon": 0.1, "steps": 2}}})"},
      {"mlp 256, noise", R"({"model": {"width": 256}, "attacks": {"gaussian_noise": {"sigma": 0.1}}})"},
  }));
  for (const int lanes : {1, 8}) expect_predicted(name, changes, lanes);
}

TEST_CASE("the memory of a step is predicted within a quarter where activations are most of it") {
  const auto [name, changes] = GENERATE(table<std::string, std::string>({
      {"by hand", R"({})"},
      {"by hand, gelu", R"({"model": {"activation": "gelu"}})"},
      {"spectral", R"({"regularizers": {"spectral": {}}})"},
      {"spectral on all", R"({"regularizers": {"spectral": {"layers": "all"}}})"},
      {"batch norm", R"({"model": {"batch_norm": true}})"},
      {"batch norm, spectral on all",
       R"({"model": {"batch_norm": true}, "regularizers": {"spectral": {"layers": "all"}}})"},
      {"whitened", R"({"model": {"whiten": 1}})"},
      {"jacobian", R"({"regularizers": {"jacobian": {}}})"},
      {"jacobian of three directions", R"({"regularizers": {"jacobian": {"projections": 3}}})"},
      {"fgsm adversary", R"({"training": {"adversary": "fgsm"}})"},
  }));
  Json changed = Json::parse(R"({"model": {"width": 64, "depth": 3}, "dataset": {"input_size": 64},
      "training": {"batch_size": 2000}})");
  changed.merge_patch(Json::parse(changes));
  for (const int lanes : {1, 4}) expect_predicted(name, changed.dump(), lanes);
}

TEST_CASE("the memory of a pack of recurrent networks is predicted within a quarter") {
  const auto [name, changes] = GENERATE(table<std::string, std::string>({
      {"training", R"({})"},
      {"gelu", R"({"model": {"activation": "gelu"}})"},
      {"batches of 384", R"({"training": {"batch_size": 384}})"},
      {"dann", R"({"model": {"layer": "dann", "activation": "relu"}, "training": {"batch_size": 384}})"},
      {"spectral", R"({"regularizers": {"spectral": {}}})"},
      {"accuracy", R"({"metrics": {"accuracy": {}}})"},
      {"default metrics", R"({"metrics": null})"},
      {"jacobian", R"({"regularizers": {"jacobian": {}}})"},
      {"pgd", R"({"attacks": {"pgd": {"epsilon": 0.1, "steps": 2}}})"},
  }));
  Json changed = Json::parse(R"({"model": {"kind": "rnn"},
      "dataset": {"kind": "mnist", "input_size": null, "train_samples": 1000, "test_samples": 500}})");
  changed.merge_patch(Json::parse(changes));
  for (const int lanes : {1, 8}) expect_predicted(name, changed.dump(), lanes);
}

TEST_CASE("the memory of a pack of convolutional networks is predicted within a quarter") {
  const auto [name, changes] = GENERATE(table<std::string, std::string>({
      {"training", R"({})"},
      {"batches of 384", R"({"training": {"batch_size": 384}})"},
      {"spectral", R"({"regularizers": {"spectral": {}}, "dataset": {"train_samples": 200}})"},
      {"accuracy", R"({"metrics": {"accuracy": {}}, "training": {"batch_size": 64}})"},
      {"default metrics", R"({"metrics": null, "training": {"batch_size": 64}})"},
      {"fgsm", R"({"attacks": {"fgsm": {"epsilon": 0.1}}, "training": {"batch_size": 64}})"},
  }));
  Json changed = Json::parse(R"({"model": {"kind": "cnn"},
      "dataset": {"kind": "mnist", "input_size": null, "train_samples": 400, "test_samples": 200}})");
  changed.merge_patch(Json::parse(changes));
  for (const int lanes : {1, 4}) expect_predicted(name, changed.dump(), lanes);
}
