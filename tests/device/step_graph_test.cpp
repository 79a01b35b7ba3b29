// SPDX-License-Identifier: MIT
// Training steps that are recorded once and replayed (CUDA graphs) do what the steps themselves do.
#include "eigensweep/training/step_graph.hpp"

#include <ATen/DeviceAccelerator.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <set>

#include "eigensweep/catalog.hpp"
#include "pretended/events.hpp"
#include "pretended/memory.hpp"
#include "runs.hpp"
#include "scratch.hpp"
#include "studies.hpp"
#include "task_of_study.hpp"

using namespace eigensweep;
using training::StepGraph;
using training::StepResult;

namespace {

/// While it lives, steps are recorded.
class Recorded {
 public:
  Recorded() : before_(at::accelerator::getCurrentStream(0)) {
    ::setenv("EIGENSWEEP_STEP_GRAPHS", "1", 1);
    training::use_stream_that_records(pretended::device);
  }
  ~Recorded() {
    ::unsetenv("EIGENSWEEP_STEP_GRAPHS");
    at::accelerator::setCurrentStream(before_);
  }
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;

 private:
  c10::Stream before_;
};

std::uint64_t replays() { return pretended::counts().by_operator["replay"]; }

/// A parameter that a step of ours adds the samples' numbers to.
struct Toy {
  torch::Tensor weight = torch::zeros({3}, torch::TensorOptions(torch::kFloat32).device(pretended::device));
  StepGraph graph{pretended::device, [this] { return std::vector<models::NamedTensor>{{"weight", weight}}; }};

  StepResult add(const torch::Tensor& index, double factor = 1) {
    weight.add_(index, factor);
    return {weight * 2, {}, index.clone()};
  }
  /// What `step` gives and leaves, in one.
  std::vector<float> after(double first, const StepGraph::Step& step) {
    const torch::Tensor index = torch::arange(first, first + 3).to(pretended::device);
    const torch::Tensor seen = torch::stack({graph.run(index, step).task_loss, weight}).cpu();
    return {seen.data_ptr<float>(), seen.data_ptr<float>() + seen.numel()};
  }
};

/// Conditions without a record: each step has random numbers of its own; nothing is trained; an epoch has one whole
/// batch.
const std::set<std::string> without_record{"adversary pgd",   "jacobian, three directions",
                                           "jacobian, exact", "cnn with penalties",
                                           "infinite width",  "infinitely many channels, trained to the end",
                                           "cifar10",         "hdf5",
                                           "idx_folder",      "mnist",
                                           "salt and pepper", "moved images"};

}  // namespace

TEST_CASE("steps are recorded if the variable is 1, not if it is 0, and other values are refused") {
  const auto asks_with = [](const char* value) {
    const Recorded recorded;
    ::setenv("EIGENSWEEP_STEP_GRAPHS", value, 1);
    return training::asks_for_recorded_steps();
  };
  CHECK_FALSE(training::asks_for_recorded_steps());
  CHECK_FALSE(asks_with(""));
  CHECK_FALSE(asks_with("0"));
  CHECK(asks_with("1"));
  CHECK_THROWS_MATCHES(
      asks_with("true"), ConfigError,
      Catch::Message("EIGENSWEEP_STEP_GRAPHS is 'true'; give 1 to record training steps, or 0 not to"));
}

TEST_CASE("steps on a CPU run by themselves, and the trial's warning says why") {
  const Json document = Json::parse(R"({
    "name": "cpu", "dataset": {"kind": "gaussian", "input_size": 20, "train_samples": 400, "test_samples": 100},
    "model": {"width": 24}, "training": {"epochs": 1, "batch_size": 100}, "metrics": {"accuracy": {}}})");
  const study::Study study = study::parse_study(document.dump(), "cpu.json", catalog());
  const Recorded recorded;
  const device_runs::Run run = device_runs::run(task_of_study(study), torch::kCPU);
  CHECK(run.records.at(0).provenance.at("warnings") ==
        Json{fmt::format("EIGENSWEEP_STEP_GRAPHS: steps were not recorded: LibTorch {} cannot record them on cpu",
                         TORCH_VERSION)});
}

TEST_CASE("every condition gives the same numbers with recorded steps") {
  const Scratch scratch;
  for (const device_studies::Condition& condition : device_studies::conditions(scratch)) {
    INFO(condition.name);
    const auto task_in = [&](const char* folder) {
      return device_runs::task_with_networks(condition.study, scratch.path() / condition.name / folder);
    };
    const device_runs::Run wanted = device_runs::run(task_in("by itself"), pretended::device);
    const Recorded recorded;
    const std::uint64_t before = replays();
    const device_runs::Run run = device_runs::run(task_in("recorded"), pretended::device);
    device_runs::check_same(run.records, wanted.records);
    CHECK((replays() == before) == (without_record.count(condition.name) > 0));
  }
}

TEST_CASE("a recorded step is one call, and the copies of what it reads and leaves") {
  const auto counts_of = [](int batch_size) {
    Json document = Json::parse(R"({
      "name": "budget", "dataset": {"kind": "gaussian", "input_size": 20, "train_samples": 400, "test_samples": 100},
      "model": {"width": 24}, "regularizers": {"spectral": {"strength": 1, "cutoff": 5}},
      "training": {"epochs": 1, "optimizer": {"kind": "adam", "amsgrad": true}}, "metrics": {"accuracy": {}}})");
    document["training"]["batch_size"] = batch_size;
    const study::Study study = study::parse_study(document.dump(), "budget.json", catalog());
    const pretended::Counts before = pretended::counts();
    device_runs::run(task_of_study(study), pretended::device);
    return pretended::counts() - before;
  };
  const Recorded recorded;
  counts_of(100);  // loads the data
  const pretended::Counts few = counts_of(50), many = counts_of(25);
  CHECK(many.operations - few.operations == 8 * 5);  // the samples, the replay, task loss, penalty, ranks
  CHECK(many.waits == few.waits);
  CHECK(many.uploads == few.uploads);
}

TEST_CASE("the first step of an epoch is not recorded, later ones are") {
  const Recorded recorded;
  Toy toy;
  const std::uint64_t before = replays();
  const auto step = [&](const torch::Tensor& index) { return toy.add(index); };
  for (int epoch = 0; epoch < 2; ++epoch) {
    toy.weight.zero_();
    toy.graph.begin_epoch();
    CHECK(toy.after(1, step) == std::vector<float>{2, 4, 6, 1, 2, 3});
    CHECK(toy.after(0, step) == std::vector<float>{2, 6, 10, 1, 3, 5});
    CHECK(toy.after(1, step) == std::vector<float>{4, 10, 16, 2, 5, 8});
    CHECK(toy.after(2, step) == std::vector<float>{8, 16, 24, 4, 8, 12});
  }
  CHECK(replays() - before == 6);
  CHECK(toy.graph.trouble().empty());
}

TEST_CASE("a result stays when the next step is replayed") {
  const Recorded recorded;
  Toy toy;
  const torch::Tensor index = torch::ones({3}).to(pretended::device);
  std::vector<StepResult> results;
  for (int step = 0; step < 4; ++step) {
    results.push_back(toy.graph.run(index, [&](const torch::Tensor& samples) { return toy.add(samples); }));
  }
  for (int step = 0; step < 4; ++step) {
    CHECK(results[static_cast<std::size_t>(step)].task_loss[0].item<float>() == 2 * (step + 1));
  }
}

TEST_CASE("a step that waits for the device is not recorded, and runs") {
  const Recorded recorded;
  Toy toy;
  const auto step = [&](const torch::Tensor& index) { return toy.add(index, index[0].item<float>()); };
  for (int i = 1; i <= 4; ++i) CHECK(toy.after(1, step)[3] == static_cast<float>(i));
  CHECK(toy.graph.trouble() == "the host waits for the device, which does not while it records");
}

TEST_CASE("a step with a number of the host's that changes is found, and runs") {
  const Recorded recorded;
  Toy toy;
  double factor = 0;
  const auto step = [&](const torch::Tensor& index) { return toy.add(index, ++factor); };
  std::vector<float> weights;
  for (int i = 0; i < 4; ++i) weights.push_back(toy.after(1, step)[3]);
  CHECK(weights == std::vector<float>{1, 3, 3 + 4, 3 + 4 + 5});  // factor 3 was recorded, and taken back
  CHECK(toy.graph.trouble() == "a recorded step gave other numbers than the step itself");
}

TEST_CASE("a record does not keep what it reads alive, as on a GPU") {
  const Recorded recorded;
  Toy toy;
  torch::Tensor bias = torch::ones({3}).to(pretended::device);
  const auto step = [&](const torch::Tensor& index) { return toy.add(index + bias); };
  for (int i = 0; i < 3; ++i) toy.after(1, step);
  bias = torch::zeros({3}).to(pretended::device);
  CHECK_THROWS_WITH(toy.after(1, step), Catch::Contains("memory that was freed"));
}
