// SPDX-License-Identifier: MIT
// Every kind and every way that an option chooses gives the CPU's numbers on the device.
#include <catch2/catch.hpp>

#include "chosen.hpp"
#include "eigensweep/catalog.hpp"
#include "pretended/memory.hpp"
#include "runs.hpp"
#include "scratch.hpp"
#include "studies.hpp"

using namespace eigensweep;
using device_runs::Run;

namespace {

/// The same networks and evaluations, read from the files that the task has written.
wire::PackTask loading(wire::PackTask task) {
  for (wire::TaskLane& lane : task.lanes) lane.train = false;
  return task;
}

}  // namespace

TEST_CASE("every condition gives the numbers of the CPU, trained and loaded") {
  const Scratch scratch;
  for (const device_studies::Condition& condition : device_studies::conditions(scratch)) {
    INFO(condition.name);
    const auto task_in = [&](const char* folder) {
      return device_runs::task_with_networks(condition.study, scratch.path() / condition.name / folder);
    };
    const wire::PackTask here = task_in("cpu"), there = task_in("device");
    const Run on_cpu = device_runs::run(here, torch::kCPU), on_device = device_runs::run(there, pretended::device);
    CHECK(on_device.ending == worker::Ending::finished);
    CHECK(on_device.steps == on_cpu.steps);
    device_runs::check_same(on_device.records, on_cpu.records, condition.tolerance);

    const Run loaded_by_cpu = device_runs::run(loading(here), torch::kCPU);
    const Run loaded_by_device = device_runs::run(loading(here), pretended::device);
    CHECK(loaded_by_device.steps == 0);
    CHECK_FALSE(loaded_by_device.records.empty());
    device_runs::check_same(loaded_by_device.records, loaded_by_cpu.records, condition.tolerance);
  }
}

TEST_CASE("the conditions take every kind and every way that an option chooses") {
  const Scratch scratch;
  chosen::Values values;
  for (const device_studies::Condition& condition : device_studies::conditions(scratch)) {
    chosen::add(condition.study, values);
  }
  values[{"procedure", "load", ""}];  // the test above loads every network
  for (const chosen::Place& place : chosen::places()) {
    INFO(place.section << ", " << place.kind << ", " << place.option);
    const std::vector<std::string> missing = chosen::missing(place, values);
    CHECK(missing == std::vector<std::string>());
  }
}
