// SPDX-License-Identifier: MIT
#include "runs.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <map>

#include "eigensweep/worker/host.hpp"
#include "task_of_study.hpp"

using namespace eigensweep;

namespace device_runs {
namespace {

/// How far the columns lie apart, as a share of the largest number of `wanted`. NaN stands for no number, and equals
/// itself; infinite where only one of them has a number.
double distance(const wire::Array& array, const wire::Array& wanted) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> ours = array.values(), theirs = wanted.values();
  double largest = 0, apart = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    if (std::isnan(ours[i]) != std::isnan(theirs[i])) return infinity;
    if (std::isnan(theirs[i])) continue;
    largest = std::max(largest, std::abs(theirs[i]));
    apart = std::max(apart, std::abs(ours[i] - theirs[i]));
  }
  return apart == 0 ? 0 : apart / largest;
}

}  // namespace

Run run(const wire::PackTask& task, const torch::Device& device, std::int64_t stop_after) {
  static std::map<std::string, worker::Session> sessions;
  Run run;
  worker::PackHooks hooks;
  hooks.record = [&](const wire::Record& record) {
    CHECK(record.provenance.at("device") == worker::device_name(device));
    run.records.push_back(record);
  };
  hooks.trace = [&](training::Trainer&, std::int64_t, std::int64_t, const training::StepResult* result) {
    if (result != nullptr) ++run.steps;
  };
  hooks.should_stop = [&] { return stop_after > 0 && run.steps >= stop_after; };
  run.ending = worker::run_pack(task, sessions.try_emplace(device.str(), device).first->second, hooks);
  return run;
}

wire::PackTask task_with_networks(const study::Study& study, const std::string& folder) {
  wire::PackTask task = task_of_study(study);
  std::filesystem::create_directories(folder);
  for (wire::TaskLane& lane : task.lanes) lane.model_file = fmt::format("{}/{}.safetensors", folder, lane.trial);
  return task;
}

void check_same(const std::vector<wire::Record>& records, const std::vector<wire::Record>& wanted, double tolerance) {
  REQUIRE(records.size() == wanted.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const wire::Record& ours = records[i];
    const wire::Record& theirs = wanted[i];
    INFO("trial " << ours.trial << ", evaluation '" << ours.evaluation << "': " << ours.message);
    CHECK(ours.trial == theirs.trial);
    CHECK(ours.evaluation == theirs.evaluation);
    CHECK(ours.status == wire::Status::ok);
    CHECK(ours.message == theirs.message);
    REQUIRE(ours.columns.size() == theirs.columns.size());
    for (const auto& [name, array] : theirs.columns) {
      INFO(name);
      REQUIRE(ours.columns.count(name) == 1);
      REQUIRE(ours.columns.at(name).shape == array.shape);
      CHECK(distance(ours.columns.at(name), array) <= tolerance);
    }
    CHECK(ours.provenance.value("warnings", Json()) == theirs.provenance.value("warnings", Json()));
    if (tolerance > 0) continue;
    CHECK(ours.provenance.value("model_sha256", "") == theirs.provenance.value("model_sha256", ""));
  }
}

}  // namespace device_runs
