// SPDX-License-Identifier: MIT
// A network with NaN or infinite numbers: all its own records must say so, and the other networks of its pack must not
// be affected.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/store/safetensors.hpp"
#include "eigensweep/study/expand/study.hpp"
#include "eigensweep/worker/run_pack.hpp"
#include "evaluate.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using torch::Tensor;
using wire::Record;
using wire::Status;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

const std::string mnist =
    R"("dataset": {"kind": "mnist", "train_samples": 24, "test_samples": 12, "validation_samples": 8})";

/// Every attack of the catalog, and every metric that the networks support.
std::string all_evaluations(bool has_tangents) {
  Json attacks = Json::object(), metrics = Json::object();
  for (const std::string& name : catalog().names(study::Family::attack)) {
    const study::Kind& kind = *catalog().find(study::Family::attack, name);
    attacks[name] = {{"samples", 6}};
    if (!kind.intensity.empty()) attacks[name][kind.intensity] = {{"sweep", {0, 0.1}}};
    if (kind.options.find("steps") != nullptr) attacks[name]["steps"] = 2;
  }
  for (const std::string& name : catalog().names(study::Family::metric)) {
    const study::Kind& kind = *catalog().find(study::Family::metric, name);
    if (!has_tangents && name.starts_with("kernel_")) continue;
    metrics[name] = Json::object();
    if (kind.options.find("samples") != nullptr) metrics[name]["samples"] = 8;
    if (kind.options.find("train_samples") != nullptr) metrics[name]["train_samples"] = 6;
  }
  return Json{{"attacks", attacks}, {"metrics", metrics}}.dump().substr(1);
}

/// A study with two seeds of one network.
std::string study_text(const std::string& model, const std::string& training, bool has_tangents) {
  return R"({"name": "numbers", "seed": {"sweep": [1, 2]}, )" + mnist + R"(, "model": )" + model + R"(, "training": )" +
         training + ", " + all_evaluations(has_tangents);
}

const std::string short_training = R"({"epochs": 1, "batch_size": 12})";

struct Architecture {
  const char* name;
  std::string model;
  std::string training;
  bool has_tangents;
};

/// A model section with those of the `wanted` options that the kind declares.
Json declared(const study::Kind& kind, const Json& wanted) {
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

study::Study parsed(const std::string& text) { return study::parse_study(text, "numbers.json", catalog()); }

wire::PackTask task_of(const study::Study& study, const Scratch& scratch, bool train) {
  wire::PackTask task;
  task.pack = "pack";
  for (const study::Trial& trial : study.trials) {
    task.lanes.push_back(
        {trial.id, study.config(trial), train, (scratch.path() / (trial.id + ".safetensors")).string()});
  }
  if (train) return task;
  for (const study::Evaluation& asked : study.evaluations(study.trials.front())) {
    task.evaluations.push_back({asked.id, std::string(study::family_name(asked.family)), asked.label, asked.kind,
                                asked.options, asked.intensities});
  }
  return task;
}

worker::Session& session() {
  static worker::Session made{torch::kCPU};
  return made;
}

/// Runs the task; returns the records of each trial in the order in which they came.
std::map<std::string, std::vector<Record>> run(const wire::PackTask& task, worker::PackHooks hooks = {}) {
  std::map<std::string, std::vector<Record>> records;
  hooks.record = [&](const Record& record) { records[record.trial].push_back(record); };
  CHECK(worker::run_pack(task, session(), hooks) == worker::Ending::finished);
  return records;
}

bool has_a_number(const Record& record) {
  for (const auto& [name, array] : record.columns) {
    for (const double value : array.values()) {
      if (!std::isnan(value)) return true;
    }
  }
  return false;
}

std::vector<double> numbers(const std::vector<Record>& records) {
  std::vector<double> all;
  for (const Record& record : records) {
    for (const auto& [name, array] : record.columns) {
      for (const double value : array.values()) all.push_back(std::isnan(value) ? -1e300 : value);
    }
  }
  return all;
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
    const std::size_t asked = catalog().names(study::Family::attack).size() +
                              catalog().names(study::Family::metric).size() - (architecture.has_tangents ? 0 : 2);
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
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(beside[i] == Approx(wanted[i]).epsilon(1e-3).margin(1e-4));

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
            lanes.push_back({{"one", wire::Array::scalar(1)}, {"two", wire::Array::scalar(infinity)}});
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
    CHECK(lanes[1].failure == "two is infinite");
    for (const auto& named : networks.model->parameters()) CHECK_FALSE(named.tensor.requires_grad());
  };
  check(spoilt_by([] { throw NumericalError("lost"); }), "lost");
  check(spoilt_by([] { TORCH_CHECK_LINALG(false, "linalg.eigh: failed to converge\nand more"); }),
        "linalg.eigh: failed to converge");
  CHECK_THROWS_AS(spoilt_by([] { TORCH_CHECK(false, "CUDA error: an illegal memory access"); }), c10::Error);
  CHECK_THROWS_AS(spoilt_by([] { throw std::bad_alloc(); }), std::bad_alloc);
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
