// SPDX-License-Identifier: MIT
// Where one lane spoils what all lanes share.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "evaluate.hpp"
#include "measured_packs.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using torch::Tensor;
using wire::Record;
using wire::Status;

TEST_CASE("where one lane spoils a measurement of all, each is measured by itself, and what no lane did is thrown") {
  const Scratch scratch;
  const study::Study study =
      parsed(study_text(R"({"width": 5})", R"({"epochs": 4, "batch_size": 12, "snapshots": 2})", true));
  const wire::PackTask training = task_of(study, scratch, true);
  run(training);
  const data::DeviceDataset& data = session().dataset(training.lanes.front().config.at("dataset"));
  std::vector<std::uint64_t> seeds{1, 2};
  auto model = models::make_model(training.lanes.front().config.at("model"), data.info, seeds, torch::kCPU);
  std::vector<models::TensorFile> files;
  for (std::size_t lane = 0; lane < 2; ++lane) {
    files.push_back(models::read_tensors(training.lanes[lane].model_file));
    models::load_lane(*model, static_cast<std::int64_t>(lane), files.back());
  }
  const std::vector<models::Snapshot> snapshots = models::kept_snapshots(*model, files);
  REQUIRE(snapshots.size() == 2);
  const Tensor weight = model->parameters()[0].tensor.detach().clone();
  const worker::Networks networks{std::move(model), snapshots, {"", ""}};

  const auto spoilt_by = [&](const std::function<void()>& spoil) {
    return worker::measure_lanes(
        [&](const metrics::Subject& subject) {
          // Does what a metric with gradients does; this must not affect the next metric.
          for (auto& named : subject.model.parameters()) named.tensor.requires_grad_(true);
          std::vector<metrics::Measurement> lanes;
          for (std::size_t lane = 0; lane < subject.seeds.size(); ++lane) {
            if (subject.seeds[lane] == 1) spoil();
            const auto index = static_cast<std::int64_t>(lane);
            CHECK(torch::equal(subject.model.parameters()[0].tensor[index], weight[1]));
            CHECK(torch::equal(subject.snapshots[1].tensors[0].tensor[index], snapshots[1].tensors[0].tensor[1]));
            lanes.push_back({{"one", wire::Array::scalar(1)},
                             {"two", wire::Array::scalar(infinity)},
                             {"distance", wire::Array::scalar(infinity)}});
            lanes.back().unbounded = {"distance"};
          }
          return lanes;
        },
        training, networks, data);
  };
  const auto check = [&](const std::vector<metrics::Measurement>& lanes, const std::string& reason) {
    REQUIRE(lanes.size() == 2);
    CHECK(lanes[0].empty());
    CHECK(lanes[0].failure == reason);
    CHECK(lanes[1].at("one").values() == std::vector<double>{1});
    CHECK(std::isnan(lanes[1].at("two").values()[0]));
    CHECK(lanes[1].at("distance").values() == std::vector<double>{infinity});
    CHECK(lanes[1].failure == "two is infinite");
    for (const auto& named : networks.model->parameters()) CHECK_FALSE(named.tensor.requires_grad());
  };
  check(spoilt_by([] { throw NumericalError("lost"); }), "lost");
  check(spoilt_by([] { TORCH_CHECK_LINALG(false, "linalg.eigh: failed to converge\nand more"); }),
        "linalg.eigh: failed to converge");
  CHECK_THROWS_AS(spoilt_by([] { TORCH_CHECK(false, "CUDA error: an illegal memory access"); }), c10::Error);
  CHECK_THROWS_AS(spoilt_by([] { throw std::bad_alloc(); }), std::bad_alloc);
}

TEST_CASE("what changed is measured against where training began, which a constraint moves") {
  const Scratch scratch;
  // Rows of an initial layer have a norm of about 1.4. Steps are too small to move anything.
  const study::Study study = parsed(R"({"name": "bounded", "seed": {"sweep": [1, 2]}, )" + mnist + R"(,
      "model": {"width": 5, "activation": "relu", "parametrisation": "ntk", "weight_variance": 2},
      "training": {"epochs": 1, "batch_size": 12, "optimizer": {"kind": "sgd", "learning_rate": 1e-30}},
      "constraints": {"max_norm": {"norm": {"sweep": [0.5, 1]}}},
      "attacks": {}, "metrics": {"kernel_regime": {"samples": 8}}})");
  wire::PackTask task = task_of(study, scratch, true);
  task.evaluations = task_of(study, scratch, false).evaluations;
  REQUIRE(task.lanes.size() == 4);
  REQUIRE(task.evaluations.size() == 1);
  for (const auto& [trial, records] : run(task)) {
    REQUIRE(records.size() == 2);
    CHECK(records[1].columns.at("parameter_change").values()[0] < 1e-6);  // bounding anew rounds
    CHECK(records[1].columns.at("ntk_drift").values()[0] < 1e-6);
  }
}

TEST_CASE("a network of infinite width is the same after loading, whatever normalises its inputs") {
  const Scratch scratch;
  const study::Study study = parsed(R"({"name": "limit", "seed": 1, )" + mnist + R"(,
      "model": {"width": "inf", "activation": "relu", "parametrisation": "ntk", "weight_variance": 2,
                "centre_output": true, "normalise": "per_channel"},
      "training": {"epochs": 3, "batch_size": 24, "loss": "mse",
                   "optimizer": {"kind": "sgd", "momentum": 0, "learning_rate": {"sweep": [0.02, 2]}}},
      "attacks": {"fgsm": {"epsilon": {"sweep": [0, 0.05]}}}, "metrics": {"accuracy": {}}})");
  wire::PackTask task = task_of(study, scratch, true);
  REQUIRE(task.lanes.size() == 2);
  task.evaluations = task_of(study, scratch, false).evaluations;
  const auto trained = run(task);
  const auto loaded = run(task_of(study, scratch, false));
  std::vector<double> losses;
  for (const wire::TaskLane& lane : task.lanes) {
    const std::vector<Record>& before = trained.at(lane.trial);
    const std::vector<Record>& after = loaded.at(lane.trial);
    REQUIRE(before.size() == 3);
    REQUIRE(after.size() == 2);
    losses.push_back(before[0].columns.at("loss").values().back());
    for (std::size_t i = 0; i < after.size(); ++i) {
      const char* name = after[i].columns.contains("robust_loss") ? "robust_loss" : "test_loss";
      CHECK(before[i + 1].columns.at(name).values() == after[i].columns.at(name).values());
    }
  }
  CHECK(losses[0] != losses[1]);
}

TEST_CASE("where one lane spoils the training of all, each is trained by itself") {
  const Scratch scratch;
  const study::Study study = parsed(study_text(R"({"width": 5})", short_training, true));
  wire::PackTask task = task_of(study, scratch, true);
  task.evaluations = task_of(study, scratch, false).evaluations;
  wire::PackTask alone = task;
  alone.lanes = {task.lanes[1]};
  const std::vector<double> wanted = numbers(run(alone).at(study.trials[1].id));
  const Tensor spoilt = models::make_model(task.lanes[0].config.at("model"),
                                           session().dataset(task.lanes[0].config.at("dataset")).info, {1}, torch::kCPU)
                            ->parameters()[0]
                            .tensor[0]
                            .detach();
  worker::PackHooks hooks;
  hooks.trace = [&](training::Trainer& trainer, std::int64_t step, std::int64_t, const training::StepResult*) {
    if (step == 0 && torch::equal(trainer.model().parameters()[0].tensor[0].detach(), spoilt)) {
      throw NumericalError("lost");
    }
  };
  const auto records = run(task, hooks);
  REQUIRE(records.at(study.trials[0].id).size() == 1);
  CHECK(records.at(study.trials[0].id)[0].status == Status::diverged);
  CHECK(records.at(study.trials[0].id)[0].message == "lost");
  CHECK(numbers(records.at(study.trials[1].id)) == wanted);
}
