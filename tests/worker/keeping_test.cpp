// SPDX-License-Identifier: MIT
// Networks are written to files while their first evaluation runs.
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "measured_packs.hpp"

namespace {

wire::PackTask task_with_evaluations(const Scratch& scratch) {
  const study::Study study =
      parsed(R"({"name": "kept", "seed": {"sweep": [1, 2]}, )" + mnist + R"(, "model": {"width": 5}, "training": )" +
             short_training + R"(, "metrics": {"accuracy": {}}, "attacks": {"fgsm": {"epsilon": 0.1}}})");
  wire::PackTask task = task_of(study, scratch, true);
  task.evaluations = task_evaluations(study.evaluations(study.trials.front()));
  return task;
}

}  // namespace

TEST_CASE("an evaluation begins while networks are written, and its records come after the training's") {
  const Scratch scratch;
  const wire::PackTask task = task_with_evaluations(scratch);
  std::mutex lock;
  std::condition_variable changed;
  bool has_begun = false, has_waited = true;
  std::vector<std::string> order;
  worker::PackHooks hooks;
  hooks.progress = [&](const wire::TaskEvaluation* evaluation, const training::Progress&) {
    if (evaluation == nullptr) return;
    const std::lock_guard guard(lock);
    has_begun = true;
    changed.notify_all();
  };
  hooks.record = [&](const Record& record) {
    std::unique_lock guard(lock);
    if (record.kind == wire::RecordKind::training) {
      has_waited &= changed.wait_for(guard, std::chrono::seconds(60), [&] { return has_begun; });
      order.push_back("training " + record.trial);
      return;
    }
    order.push_back(record.trial);
  };
  CHECK(worker::run_pack(task, session(), hooks) == worker::Ending::finished);
  CHECK(has_waited);
  REQUIRE(order.size() == 2 + 2 * task.evaluations.size());
  CHECK(order[0] == "training " + task.lanes[0].trial);
  CHECK(order[1] == "training " + task.lanes[1].trial);
}

TEST_CASE("a training that is stopped at its first evaluation has its networks and records") {
  const Scratch scratch;
  const wire::PackTask task = task_with_evaluations(scratch);
  bool is_trained = false;
  std::vector<Record> records;
  worker::PackHooks hooks;
  hooks.progress = [&](const wire::TaskEvaluation* evaluation, const training::Progress&) {
    is_trained = evaluation != nullptr;  // the next question, before the second evaluation, stops the pack
  };
  hooks.should_stop = [&] { return is_trained; };
  hooks.record = [&](const Record& record) { records.push_back(record); };
  CHECK(worker::run_pack(task, session(), hooks) == worker::Ending::stopped);
  REQUIRE(records.size() == 4);
  for (std::size_t lane = 0; lane < 2; ++lane) {
    CHECK(records[lane].kind == wire::RecordKind::training);
    CHECK_FALSE(records[lane].provenance.at("model_sha256").get<std::string>().empty());
    CHECK(models::read_tensors(task.lanes[lane].model_file).find("0.weight") != nullptr);
  }
}

TEST_CASE("where a network cannot be written the pack fails, and no evaluation has a record") {
  const Scratch scratch;
  wire::PackTask task = task_with_evaluations(scratch);
  task.lanes[1].model_file = (scratch.path() / "missing" / "b.safetensors").string();
  std::vector<Record> records;
  worker::PackHooks hooks;
  hooks.record = [&](const Record& record) { records.push_back(record); };
  CHECK_THROWS_AS(worker::run_pack(task, session(), hooks), SystemError);
  REQUIRE(records.size() == 1);
  CHECK(records[0].trial == task.lanes[0].trial);
  task.evaluations.clear();
  CHECK_THROWS_AS(worker::run_pack(task, session(), hooks), SystemError);
}
