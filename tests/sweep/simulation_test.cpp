// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "eigensweep/sweep/schedule/simulation.hpp"

using namespace eigensweep;
using sweep::simulate;
using sweep::SimulationOptions;
using sweep::SyntheticWork;

namespace {

SimulationOptions free_of_cost(std::size_t workers) {
  SimulationOptions options;
  options.workers = workers;
  options.spread = 0;
  options.costs = {0, 0, 0, 0, 0, 0, 0, 0};
  return options;
}

double makespan_of(const std::vector<study::Pack>& packs, SimulationOptions options, bool splits) {
  options.splits_tail = splits;
  return simulate(packs, options).makespan;
}

/// Most seconds that the pauses of the loops add to the makespan, for each of a worker's packs.
constexpr double pauses = 0.05;

std::vector<study::Pack> random_packs(std::mt19937& random, bool is_uniform) {
  const auto draw = [&](double low, double high) { return std::uniform_real_distribution<>(low, high)(random); };
  const double overhead = draw(0, 8);
  const double cost = draw(5, 50);
  std::vector<study::Pack> packs;
  const std::size_t count = 1 + random() % 40;
  for (std::size_t i = 0; i < count; ++i) {
    study::Pack pack;
    const std::size_t lanes = is_uniform ? 8 : 1 + random() % 16;
    for (std::size_t lane = 0; lane < lanes; ++lane) pack.lanes.push_back({16 * i + lane, true});
    const double lane_cost = is_uniform ? cost : draw(5, 50);
    pack.flops = lane_cost * static_cast<double>(lanes);
    pack.overhead_flops = overhead * lane_cost;
    packs.push_back(std::move(pack));
  }
  return packs;
}

}  // namespace

TEST_CASE("a simulation counts every record and is the same for the same seed") {
  SyntheticWork work;
  work.trials = 500;
  SimulationOptions options;
  options.workers = 8;
  const auto packs = sweep::synthetic_packs(work, options.workers);
  const auto first = simulate(packs, options);
  const auto again = simulate(packs, options);
  CHECK(first.records == 500 * 4);
  CHECK(first.makespan == again.makespan);
  CHECK(first.load == again.load);
  options.seed = 1;
  CHECK(simulate(packs, options).makespan != first.makespan);
}

TEST_CASE("synthetic packs hold every trial once, cost what was asked, and go longest first") {
  SyntheticWork work;
  work.trials = 1234;
  work.seconds_per_trial = 3;
  std::vector<int> seen(work.trials, 0);
  double seconds = 0;
  double last = 1e300;
  for (const study::Pack& pack : sweep::synthetic_packs(work, 10)) {
    for (const study::Lane& lane : pack.lanes) ++seen.at(lane.trial);
    CHECK(pack.lanes.size() <= work.most_lanes);
    CHECK(pack.flops <= last);
    last = pack.flops;
    seconds += pack.flops;
  }
  CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
  CHECK(seconds == Approx(3 * 1234).epsilon(0.05));
}

TEST_CASE("without costs the makespan of a hand-made case is right") {
  std::vector<study::Pack> packs(3);
  for (std::size_t i = 0; i < packs.size(); ++i) {
    packs[i].lanes.push_back({i, true});
    packs[i].flops = 10;
  }
  const auto result = simulate(packs, free_of_cost(2));
  CHECK(result.bound == Approx(15));
  CHECK(result.makespan == Approx(20).margin(pauses));
  CHECK(result.utilisation == Approx(0.75).margin(0.01));
  CHECK(result.tail_idle == Approx(10).margin(pauses));
  CHECK(result.records == 3);
}

TEST_CASE("a coordinator that is too slow shows in its load and in idle workers") {
  SyntheticWork work;
  work.trials = 20000;
  work.seconds_per_trial = 0.1;
  SimulationOptions options;
  options.workers = 256;
  options.costs.record = 1e-3;  // 10,000 records a second would be needed, 1,000 are possible
  const auto slow = simulate(sweep::synthetic_packs(work, options.workers), options);
  CHECK(slow.load > 0.9);
  CHECK(slow.utilisation < 0.2);
  options.costs.record = 1e-6;
  CHECK(simulate(sweep::synthetic_packs(work, options.workers), options).utilisation > 0.9);
}

TEST_CASE("appends leave the coordinator nine tenths of its time") {
  for (const double seconds : {1e-3, 5e-3, 20e-3}) CHECK(sweep::pause_after_append(seconds) >= 9 * seconds);
  CHECK(sweep::pause_after_append(1) == 0.25);
}

TEST_CASE("records that come together share an append") {
  SyntheticWork work;
  work.trials = 4000;
  SimulationOptions options;
  options.workers = 200;
  options.costs.append = 0.5;  // a slow disk: records that arrive during an append wait for the next one
  const auto result = simulate(sweep::synthetic_packs(work, options.workers), options);
  CHECK(result.appends * 20 < result.records);
  CHECK(static_cast<double>(result.appends) * 0.5 <= result.makespan);
}

TEST_CASE("4,096 workers are busy for 99 % of the time with packs of sixteen seconds") {
  SyntheticWork work;
  work.trials = 1000000;
  SimulationOptions options;
  options.workers = 4096;
  const auto result = simulate(sweep::synthetic_packs(work, options.workers), options);
  CHECK(result.utilisation > 0.99);
  CHECK(result.records == 4 * work.trials);
}

TEST_CASE("with exact predictions cutting the tail never makes equal packs end later, and mostly earlier") {
  std::mt19937 random(7);
  int better = 0;
  for (int i = 0; i < 200; ++i) {
    const auto packs = random_packs(random, true);
    const auto options = free_of_cost(1 + random() % 12);
    const double whole = makespan_of(packs, options, false);
    const double cut = makespan_of(packs, options, true);
    INFO(i << ": " << packs.size() << " packs, " << options.workers << " workers");
    CHECK(cut <= whole * 1.002 + pauses);
    better += cut < 0.99 * whole ? 1 : 0;
  }
  CHECK(better > 60);
}

TEST_CASE("with packs of all sizes cutting the tail helps in the mean, and never harms where predictions are right") {
  std::mt19937 random(8);
  double whole = 0;
  double cut = 0;
  double worst = 0;
  for (int i = 0; i < 300; ++i) {
    const auto packs = random_packs(random, false);
    auto options = free_of_cost(2 + random() % 11);
    options.spread = i % 2 == 0 ? 0.0 : 0.2;
    options.seed = static_cast<std::uint64_t>(i);
    const double without = makespan_of(packs, options, false);
    const double with = makespan_of(packs, options, true);
    whole += without;
    cut += with;
    if (options.spread == 0) worst = std::max(worst, with / without);
  }
  CHECK(cut < 0.97 * whole);
  CHECK(worst < 1.01);
}
