// SPDX-License-Identifier: MIT
// What a device's profile changes in packs and plans.
#include "eigensweep/study/plan/device_profile.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/study/plan/pack.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {

Study seeds(int width, int count) {
  return parse(fmt::format(R"({{"name": "a", "model": {{"width": {}}}, "seed": {{"sweep": {{"range": [1, {}, 1]}}}},
      "training": {{"epochs": 1, "batch_size": 128}}, "metrics": {{}}}})",
                           width, count));
}

PackLimits on_gpus(std::size_t workers) {
  PackLimits limits;
  limits.workers = workers;
  limits.device = stated_gpu;
  limits.memory = stated_gpu.memory;
  return limits;
}

std::vector<std::size_t> sizes(const std::vector<Pack>& packs) {
  std::vector<std::size_t> lanes;
  for (const Pack& pack : packs) lanes.push_back(pack.lanes.size());
  std::sort(lanes.begin(), lanes.end());
  return lanes;
}

std::vector<std::size_t> sizes(const Study& study, const PackLimits& limits) {
  return sizes(form_packs(study, small_catalog(), {}, limits));
}

}  // namespace

TEST_CASE("a pack is as large as its device can use") {
  CHECK(sizes(seeds(64, 32), {}) == std::vector<std::size_t>{16, 16});
  CHECK(sizes(seeds(64, 2048), on_gpus(1)) == std::vector<std::size_t>{1024, 1024});
  // 5e10 operations fill a step: 79 lanes of 6.3e8.
  CHECK(sizes(seeds(1500, 79), on_gpus(1)) == std::vector<std::size_t>{79});
  CHECK(sizes(seeds(1500, 80), on_gpus(1)) == std::vector<std::size_t>{40, 40});
  PackLimits small = on_gpus(1);
  small.memory = 1e9;
  for (const Pack& pack : form_packs(seeds(64, 2048), small_catalog(), {}, small)) CHECK(pack.bytes <= 1e9);
  CHECK(sizes(seeds(64, 2048), small).size() > 2);
}

TEST_CASE("small work goes to every GPU, but not as two packs of mostly fixed cost each") {
  CHECK(sizes(seeds(64, 100), on_gpus(4)) == std::vector<std::size_t>{25, 25, 25, 25});
  // Where the lanes' own work outweighs the fixed cost, two packs a worker balance better.
  CHECK(sizes(seeds(6000, 80), on_gpus(4)).size() == 8);
  // On a CPU there are two packs a worker, whatever the fixed cost is.
  PackLimits limits;
  limits.workers = 4;
  CHECK(sizes(seeds(64, 16), limits) == std::vector<std::size_t>(8, 2));
}

TEST_CASE("the fixed cost of a pack, and its least lanes, are its device's") {
  const Study study = seeds(64, 1024);
  PackLimits limits;
  limits.most_lanes = 512;
  const Pack on_cpu = form_packs(study, small_catalog(), {}, limits).front();
  limits = on_gpus(1);
  limits.most_lanes = 512;
  const Pack on_gpu = form_packs(study, small_catalog(), {}, limits).front();
  CHECK(on_gpu.flops == on_cpu.flops);
  CHECK(on_gpu.overhead_flops / on_cpu.overhead_flops ==
        Approx(stated_gpu.step_overhead_flops / cpu_core.step_overhead_flops));
  CHECK(on_cpu.least_lanes == 1);
  const double per_lane = on_gpu.flops / static_cast<double>(on_gpu.lanes.size());
  const auto share_of = [&](std::size_t lanes) {
    return on_gpu.overhead_flops / (on_gpu.overhead_flops + static_cast<double>(lanes) * per_lane);
  };
  CHECK(share_of(on_gpu.least_lanes) <= 0.5);
  CHECK(share_of(on_gpu.least_lanes - 1) > 0.5);
}

TEST_CASE("a plan for GPUs counts the fixed cost of steps as a time; a plan for CPUs has it in its rate") {
  const Study study = seeds(64, 1000);
  const auto seconds = [&](const PackLimits& limits, double speed) {
    return plan(study, small_catalog(), {}, limits, speed).at("seconds").get<double>();
  };
  const auto work = [&](const PackLimits& limits) {
    return plan(study, small_catalog(), {}, limits, 1).at("flops").get<double>();
  };
  CHECK(seconds({}, 5e10) == Approx(work({}) / 5e10));
  const double fixed = 469 * stated_gpu.step_overhead_flops / stated_gpu.flops_per_second;  // 60,000 samples in 128s
  CHECK(seconds(on_gpus(1), 45e12) == Approx(work(on_gpus(1)) / 45e12 + fixed).epsilon(0.01));
  CHECK(seconds(on_gpus(1), 45e10) == Approx(work(on_gpus(1)) / 45e10 + fixed).epsilon(0.01));
}

TEST_CASE("a GPU is measured, and its numbers are rounded, so that it gets the same packs again") {
  const DeviceProfile device = measured_gpu(4.1e13, 5.5e-6);
  CHECK(device.flops_per_second == std::exp2(45));
  CHECK(device.step_overhead_flops == std::exp2(33));  // 40 operations of 5.5 us: 9e9
  CHECK(device.full_step_flops / device.step_overhead_flops ==
        Approx(stated_gpu.full_step_flops / stated_gpu.step_overhead_flops));
  CHECK(device.most_useful_lanes == stated_gpu.most_useful_lanes);
  const auto ids = [](const DeviceProfile& measured) {
    const Study study = seeds(500, 300);
    PackLimits limits = on_gpus(2);
    limits.device = measured;
    std::vector<std::string> all;
    for (const Pack& pack : form_packs(study, small_catalog(), {}, limits)) all.push_back(pack.id);
    return all;
  };
  for (const double jitter : {0.9, 0.97, 1.04, 1.1}) {
    CHECK(ids(measured_gpu(4.1e13 * jitter, 5.5e-6)) == ids(device));
    CHECK(ids(measured_gpu(4.1e13, 5.5e-6 * jitter)) == ids(device));
  }
  CHECK(ids(measured_gpu(4.1e13, 5.5e-5)) != ids(device));
}

TEST_CASE("a GPU that was not measured is the stated one") {
  for (const DeviceProfile& device : {measured_gpu(0, 0), measured_gpu(1e13, 0), measured_gpu(-1, 1e-6)}) {
    CHECK(device.flops_per_second == stated_gpu.flops_per_second);
    CHECK(device.step_overhead_flops == stated_gpu.step_overhead_flops);
  }
}

TEST_CASE("packs with a checkpoint keep their lanes on another device") {
  const Study study = seeds(64, 2048);
  const std::vector<Pack> before = form_packs(study, small_catalog(), {}, on_gpus(1));
  Done done;
  for (const Lane& lane : before.front().lanes) {
    if (done.under_way.empty()) done.under_way.emplace_back();
    done.under_way.front().push_back(study.trials[lane.trial].id);
  }
  PackLimits other = on_gpus(3);
  other.device = measured_gpu(1e12, 5e-6);
  const std::vector<Pack> after = form_packs(study, small_catalog(), done, other);
  std::size_t kept = 0, lanes = 0;
  for (const Pack& pack : after) {
    lanes += pack.lanes.size();
    if (!pack.has_checkpoint) continue;
    ++kept;
    CHECK(pack.id == before.front().id);
  }
  CHECK(kept == 1);
  CHECK(lanes == 2048);
  CHECK(after.size() > before.size());
  other.memory = before.front().bytes / 2;  // too large now: its trials begin anew, in other packs
  for (const Pack& pack : form_packs(study, small_catalog(), done, other)) CHECK_FALSE(pack.has_checkpoint);
}
