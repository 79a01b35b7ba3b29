// SPDX-License-Identifier: MIT
// A training that is stopped on one device and goes on on another gives the numbers of an undisturbed one.
#include <catch2/catch.hpp>
#include <filesystem>

#include "eigensweep/catalog.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "pretended/memory.hpp"
#include "runs.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using device_runs::check_same;
using device_runs::Run;
using worker::Ending;

namespace {

constexpr std::int64_t steps_of_epoch = 4;

/// Two lanes, three epochs. `changes` is merged into the study.
study::Study interrupted_study(const std::string& changes) {
  Json document = Json::parse(R"({
    "name": "checkpoints", "seed": {"sweep": [0, 1]},
    "dataset": {"kind": "gaussian", "input_size": 20, "train_samples": 200, "test_samples": 40},
    "model": {"width": 12, "depth": 2},
    "training": {"epochs": 3, "batch_size": 50},
    "attacks": {"pgd": {"epsilon": 0.1, "samples": 20, "steps": 2}}})");
  document.merge_patch(Json::parse(changes));
  return study::parse_study(document.dump(), "checkpoints.json", catalog());
}

/// Stops a run of the pack on `first` after `stop` steps, and finishes it on `second`.
void check_moved(const wire::PackTask& whole, const Run& undisturbed, const torch::Device& first,
                 const torch::Device& second, std::int64_t stop) {
  const Scratch scratch;
  wire::PackTask task = whole;
  task.checkpoint_file = (scratch.path() / "checkpoint").string();
  const Run begun = device_runs::run(task, first, stop);
  REQUIRE(begun.ending == Ending::stopped_with_checkpoint);
  CHECK(begun.steps == stop);
  CHECK(begun.records.empty());
  REQUIRE(std::filesystem::exists(task.checkpoint_file));
  const Run continued = device_runs::run(task, second);
  CHECK(continued.ending == Ending::finished);
  CHECK(continued.steps == undisturbed.steps - stop);
  CHECK_FALSE(std::filesystem::exists(task.checkpoint_file));
  check_same(continued.records, undisturbed.records);
}

}  // namespace

TEST_CASE("a checkpoint of one device goes on on the other, bit for bit") {
  const auto [name, changes] = GENERATE(table<std::string, std::string>({
      {"plain", "{}"},
      {"momentum", R"({"training": {"optimizer": {"kind": "sgd", "momentum": 0.9, "nesterov": true}}})"},
      {"amsgrad, a schedule, a warm-up",
       R"({"training": {"optimizer": {"kind": "adam", "amsgrad": true}, "schedule": {"kind": "cosine"},
                        "warmup_epochs": 2}})"},
      {"adamw", R"({"training": {"optimizer": {"kind": "adamw", "learning_rate": 0.01}}})"},
      {"spectral penalty",
       R"({"regularizers": {"spectral": {"strength": {"sweep": [0.5, 2]}, "layers": "all", "cutoff": 2}}})"},
      {"spectral penalty of float32 products",
       R"({"regularizers": {"spectral": {"cutoff": 2, "products": "float32"}}})"},
      {"jacobian", R"({"regularizers": {"jacobian": {"strength": 0.1, "projections": 3}}})"},
      {"jacobian, exact", R"({"regularizers": {"jacobian": {"strength": 0.1, "projections": 0}}})"},
      {"whitening", R"({"model": {"whiten": 2}})"},
      {"batch norm, float64", R"({"model": {"batch_norm": true, "precision": "float64"}})"},
      {"adversary", R"({"training": {"adversary": "pgd"}})"},
      {"constraint", R"({"constraints": {"max_norm": {"norm": 0.5}}})"},
      {"outputs centred", R"({"model": {"parametrisation": "ntk", "weight_variance": 1, "centre_output": true}})"},
      {"snapshots", R"({"training": {"snapshots": 3}, "metrics": {"kernel_regime": {"samples": 16}}})"},
      {"cnn",
       R"({"dataset": {"kind": "mnist", "input_size": null},
           "model": {"kind": "cnn", "depth": 1, "channels": 2, "kernel_size": 9, "batch_norm": true, "whiten": 1}})"},
      {"last batch smaller, order shared", R"({"training": {"batch_size": 60, "batch_order": "shared"}})"},
  }));
  INFO(name);
  const Scratch scratch;
  const wire::PackTask task = device_runs::task_with_networks(interrupted_study(changes), scratch.path() / "models");
  const Run undisturbed = device_runs::run(task, torch::kCPU);
  CHECK(undisturbed.steps == 3 * steps_of_epoch);
  const std::int64_t in_an_epoch = steps_of_epoch + 2, at_its_end = 2 * steps_of_epoch;
  for (const std::int64_t stop : {in_an_epoch, at_its_end}) {
    INFO("stopped after " << stop << " steps");
    check_moved(task, undisturbed, pretended::device, torch::kCPU, stop);
    check_moved(task, undisturbed, torch::kCPU, pretended::device, stop);
    check_moved(task, undisturbed, pretended::device, pretended::device, stop);
  }
}

TEST_CASE("a lane that ended early before the checkpoint keeps its network on the other device") {
  const Scratch scratch;
  const study::Study study = interrupted_study(
      R"({"training": {"stop_loss": {"sweep": [0, 1000]}, "snapshots": 2}, "metrics": {"kernel_regime": {"samples": 16}}})");
  const wire::PackTask task = device_runs::task_with_networks(study, scratch.path() / "models");
  const Run undisturbed = device_runs::run(task, torch::kCPU);
  std::set<std::size_t> epochs;
  for (const wire::Record& record : undisturbed.records) {
    if (record.kind == wire::RecordKind::training) epochs.insert(record.columns.at("loss").size());
  }
  REQUIRE(epochs == std::set<std::size_t>{1, 3});
  check_moved(task, undisturbed, pretended::device, torch::kCPU, steps_of_epoch + 2);
  check_moved(task, undisturbed, torch::kCPU, pretended::device, steps_of_epoch + 2);
}
