// SPDX-License-Identifier: MIT
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

namespace {

/// How far roundings may move each of numbers(). APGD and random squares go where comparisons of losses send them, so
/// the points at which they end, and the losses there, move more than anything else.
std::vector<double> tolerances(const std::vector<Record>& records) {
  std::vector<double> all;
  for (const Record& record : records) {
    for (const auto& [name, array] : record.columns) {
      all.insert(all.end(), array.size(), name == "robust_loss" ? 2e-2 : 1e-3);
    }
  }
  return all;
}

bool returns_columns(const study::Evaluation& evaluation, const Json& config) {
  const std::vector<study::Column>& columns = catalog().find(evaluation.family, evaluation.kind)->columns;
  return std::any_of(columns.begin(), columns.end(), [&](const study::Column& column) {
    return !column.returned_if || column.returned_if(evaluation.options, config);
  });
}

}  // namespace

TEST_CASE("a network with NaN or infinity in any tensor has no number of anything, and its neighbour has its own") {
  for (const Architecture& architecture : architectures()) {
    const Scratch scratch;
    const study::Study study = parsed(study_text(architecture.model, architecture.training, architecture.has_tangents));
    INFO(architecture.model);
    REQUIRE(study.trials.size() == 2);
    const std::string poisoned = study.trials[0].id, healthy = study.trials[1].id;
    for (const auto& [trial, records] : run(task_of(study, scratch, true))) REQUIRE(records[0].status == Status::ok);
    const wire::PackTask task = task_of(study, scratch, false);
    const Json wants = all_evaluations(architecture.model, architecture.training, architecture.has_tangents);
    const std::size_t asked = wants.at("attacks").size() + wants.at("metrics").size();
    REQUIRE(task.evaluations.size() == asked);
    const auto before = run(task);
    for (const Record& record : before.at(poisoned)) {
      INFO(record.evaluation << ": " << record.message);
      CHECK(record.status == Status::ok);
    }
    wire::PackTask alone = task;
    alone.lanes = {task.lanes[1]};
    const std::vector<double> wanted = numbers(run(alone).at(healthy));
    const std::vector<double> beside = numbers(before.at(healthy));
    REQUIRE(beside.size() == wanted.size());
    const std::vector<double> roundings = tolerances(before.at(healthy));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CHECK(beside[i] == Approx(wanted[i]).epsilon(roundings[i]).margin(1e-4));
    }

    const models::TensorFile whole = models::read_tensors(task.lanes[0].model_file);
    REQUIRE_FALSE(whole.tensors.empty());
    for (std::size_t i = 0; i < whole.tensors.size(); ++i) {
      for (const double value : {std::nan(""), infinity}) {
        models::TensorFile broken = whole;
        broken.tensors[i].tensor = whole.tensors[i].tensor.clone();
        broken.tensors[i].tensor.flatten()[0] = value;
        models::write_tensors(task.lanes[0].model_file, broken);
        const auto after = run(task);
        REQUIRE(after.at(poisoned).size() == asked);
        for (const Record& record : after.at(poisoned)) {
          INFO(record.evaluation);
          CHECK(record.status == Status::diverged);
          CHECK(record.message == whole.tensors[i].name + " is not finite");
          CHECK_FALSE(has_a_number(record));
        }
        for (const Record& record : after.at(healthy)) CHECK(record.status == Status::ok);
        CHECK(numbers(after.at(healthy)) == beside);
      }
    }
  }
}

TEST_CASE("the kept network of another trial is not measured") {
  const Scratch scratch;
  const study::Study study = parsed(study_text(R"({"width": 4})", short_training, true));
  run(task_of(study, scratch, true));
  const wire::PackTask task = task_of(study, scratch, false);
  std::filesystem::copy_file(task.lanes[1].model_file, task.lanes[0].model_file,
                             std::filesystem::copy_options::overwrite_existing);
  CHECK_THROWS_WITH(worker::run_pack(task, session(), {}), task.lanes[0].model_file + ": holds the network of trial " +
                                                               task.lanes[1].trial + ", not of " + task.lanes[0].trial +
                                                               "; delete it, and it is made again");
}

TEST_CASE("a network of finite weights whose activations overflow has reasons instead of accuracies") {
  for (const Architecture& architecture : architectures()) {
    if (architecture.name != std::string("plain")) continue;
    const Scratch scratch;
    Json model = Json::parse(architecture.model);
    const study::Kind& kind = *catalog().find(study::Family::model, model.at("kind").get<std::string>());
    if (kind.options.find("activation") != nullptr) model["activation"] = "relu";  // other activations never overflow
    const study::Study study = parsed(study_text(model.dump(), architecture.training, true));
    INFO(architecture.model);
    run(task_of(study, scratch, true));
    const wire::PackTask task = task_of(study, scratch, false);
    const std::vector<double> beside = numbers(run(task).at(study.trials[1].id));
    models::TensorFile file = models::read_tensors(task.lanes[0].model_file);
    for (models::NamedTensor& named : file.tensors) named.tensor = torch::full_like(named.tensor, 1e37);
    models::write_tensors(task.lanes[0].model_file, file);
    const auto after = run(task);
    for (const Record& record : after.at(study.trials[0].id)) {
      INFO(record.evaluation);
      // The weights themselves are finite, and not every metric has numbers of every network.
      const auto asked = study.evaluations(study.trials[0]);
      const bool stays = std::any_of(asked.begin(), asked.end(), [&](const study::Evaluation& evaluation) {
        return evaluation.id == record.evaluation &&
               (evaluation.kind == "weights" || !returns_columns(evaluation, study.config(study.trials[0])));
      });
      if (stays) continue;
      CHECK(record.status == Status::diverged);
      CHECK_FALSE(record.message.empty());
      for (const auto& [name, array] : record.columns) {
        INFO(name);
        for (const double value : array.values()) {
          CHECK_FALSE(std::isinf(value));
          // Numbers of the network at initialisation are still valid.
          if (name.find("accuracy") != std::string::npos && !name.ends_with("_initial")) CHECK(std::isnan(value));
        }
      }
    }
    CHECK(numbers(after.at(study.trials[1].id)) == beside);
  }
}

TEST_CASE("a training that ends in no finite network is diverged and says which layer, in every optimiser") {
  for (const std::string& kind : catalog().names(study::Family::optimizer)) {
    INFO(kind);
    const Scratch scratch;
    // With one step, the only loss is that of the initial network, which is finite.
    const study::Study study = parsed(study_text(
        R"({"width": 5})", R"({"epochs": 1, "batch_size": 24, "optimizer": {"kind": ")" + kind + "\"}}", true));
    wire::PackTask task = task_of(study, scratch, true);
    task.evaluations = task_of(study, scratch, false).evaluations;
    wire::PackTask alone = task;
    alone.lanes = {task.lanes[1]};
    const std::vector<double> wanted = numbers(run(alone).at(study.trials[1].id));
    task.lanes[0].config["training"]["optimizer"]["learning_rate"] = 1e300;
    const auto records = run(task);
    REQUIRE(records.at(study.trials[0].id).size() == 1);  // no evaluation runs
    const Record& diverged = records.at(study.trials[0].id).front();
    CHECK(diverged.status == Status::diverged);
    CHECK(diverged.message == "0.weight is not finite in epoch 1 of 1");
    CHECK(std::isfinite(diverged.columns.at("loss").values()[0]));
    CHECK_FALSE(std::filesystem::exists(task.lanes[0].model_file));
    CHECK(records.at(study.trials[1].id).size() == 1 + task.evaluations.size());
    const std::vector<double> beside = numbers(records.at(study.trials[1].id));
    REQUIRE(beside.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(beside[i] == Approx(wanted[i]).epsilon(1e-3).margin(1e-4));
  }
}

TEST_CASE("the epoch in which a loss was lost has no accuracy") {
  const Scratch scratch;
  const study::Study study =
      parsed(study_text(R"({"width": 5})", R"({"epochs": 3, "batch_size": 4, "optimizer": {"kind": "sgd"}})", true));
  wire::PackTask task = task_of(study, scratch, true);
  task.lanes[0].config["training"]["optimizer"]["learning_rate"] = 1e300;
  const auto records = run(task);
  const Record& diverged = records.at(study.trials[0].id).front();
  CHECK(diverged.status == Status::diverged);
  CHECK(diverged.message == "the loss is not finite in epoch 1 of 3");
  CHECK(std::isnan(diverged.columns.at("train_accuracy").values()[0]));
  CHECK(records.at(study.trials[1].id).front().status == Status::ok);
}

TEST_CASE("a network of infinite width without a finite kernel diverged, and is no crash") {
  for (const char* time : {"same", "end"}) {
    const Scratch scratch;
    const Architecture& infinite = architectures().at(2);
    const study::Study study = parsed(study_text(infinite.model, infinite.training, true));
    wire::PackTask task = task_of(study, scratch, true);
    task.evaluations = task_of(study, scratch, false).evaluations;
    for (wire::TaskLane& lane : task.lanes) {
      lane.config["model"]["activation"] = "relu";
      lane.config["model"]["weight_variance"] = 1e300;
      lane.config["training"]["limit_time"] = time;
    }
    for (const auto& [trial, records] : run(task)) {
      REQUIRE(records.size() == 1);
      CHECK(records[0].status == Status::diverged);
      CHECK(records[0].message == "the kernel of the training samples is not finite");
    }
  }
}
