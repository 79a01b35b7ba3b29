// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <queue>

#include "eigensweep/core/error.hpp"
#include "eigensweep/sweep/schedule/coordinator.hpp"
#include "eigensweep/sweep/schedule/time_budget.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

TEST_CASE("without a limit time never ends") {
  const TimeBudget budget;
  CHECK_FALSE(budget.is_limited());
  CHECK_FALSE(budget.must_drain(1e9));
  CHECK_FALSE(budget.must_cut(1e9));
  CHECK(budget.can_start(1e9, 1e9));
}

TEST_CASE("the margin grows with what workers and the results file have shown to take, up to a fifth of the time") {
  TimeBudget budget(3600);
  CHECK(budget.margin() == Approx(10));
  CHECK(budget.reserve() == Approx(5));
  budget.saw_silence(12);
  budget.saw_silence(3);
  budget.saw_publish(4);
  budget.saw_pack(2e9);
  CHECK(budget.margin() == Approx(10 + 24 + 8 + 10));
  CHECK(budget.reserve() == Approx(5 + 8));
  CHECK_FALSE(budget.must_drain(3547));
  CHECK(budget.must_drain(3548));
  CHECK_FALSE(budget.must_cut(3586));
  CHECK(budget.must_cut(3587));
  budget.saw_silence(1e6);
  CHECK(budget.margin() == Approx(720));
  CHECK(TimeBudget(20).margin() == Approx(4));
  CHECK(TimeBudget(20).reserve() == Approx(2));
}

TEST_CASE("a margin of the user's own stands, whatever was seen") {
  TimeBudget budget(100, 30);
  budget.saw_silence(1000);
  CHECK(budget.margin() == 30);
  CHECK(budget.reserve() == 5);
  CHECK_THROWS_WITH(TimeBudget(60, 60),
                    "--time-margin: 1 min 00 s is no less than the time that the run has, 1 min 00 s; make it shorter");
}

TEST_CASE("a pack is started only if it has something to keep before the drain") {
  TimeBudget budget(1000, 100);
  budget.saw_start(20);
  CHECK(budget.can_start(859, 0));
  CHECK_FALSE(budget.can_start(860, 0));
  CHECK(budget.can_start(658, 100));
  CHECK_FALSE(budget.can_start(660, 100));
}

TEST_CASE("the end of a SLURM job comes from its environment") {
  ::unsetenv("SLURM_JOB_ID");
  ::unsetenv("SLURM_JOB_END_TIME");
  CHECK_FALSE(slurm_time_left().has_value());
  ::setenv("SLURM_JOB_END_TIME", std::to_string(std::time(nullptr) + 600).c_str(), 1);
  CHECK_FALSE(slurm_time_left().has_value());
  ::setenv("SLURM_JOB_ID", "12", 1);
  CHECK(slurm_time_left().value() == Approx(600).margin(2));
  ::setenv("SLURM_JOB_END_TIME", "5", 1);  // the end has passed, and SLURM has not killed the job yet
  CHECK(slurm_time_left().value() == 1);
  ::unsetenv("SLURM_JOB_END_TIME");
  ::unsetenv("SLURM_JOB_ID");
}

namespace {

study::Pack timed_pack(const std::string& id, std::size_t trial, double flops, bool train) {
  study::Pack pack;
  pack.id = id;
  pack.lanes.push_back({trial, train});
  study::Evaluation evaluation;
  evaluation.id = "e";
  pack.evaluations = std::vector{evaluation};
  pack.flops = flops;
  return pack;
}

/// The result of a simulation of allocations of `limit` seconds each. Workers start in `start` seconds and do one
/// operation a second. Trainings can write a checkpoint after any step; evaluations cannot.
struct Allocations {
  std::size_t count = 0;  ///< allocations
  double lost = 0;        ///< seconds of work that was lost
  double last_end = 0;    ///< seconds that the last allocation took
};

Allocations simulate_allocations(std::vector<study::Pack> packs, std::size_t workers, double limit, double start) {
  Allocations result;
  std::vector<double> done(packs.size(), 0);
  while (!packs.empty() && result.count < 100) {
    ++result.count;
    Coordinator coordinator(packs, true);
    TimeBudget budget(limit, limit / 10);
    budget.saw_start(start);
    std::vector<std::pair<study::Pack, double>> running(workers);
    for (std::size_t i = 0; i < workers; ++i) coordinator.ready(i);
    double now = 0;
    for (; now < limit; now += 1) {
      for (std::size_t i = 0; i < workers; ++i) {
        if (!coordinator.has_pack(i)) continue;
        const auto& [pack, since] = running[i];
        const std::size_t trial = pack.lanes[0].trial;
        const bool train = pack.lanes[0].train;
        if (now - since - start + done[trial] < pack.flops) {
          if (!budget.must_drain(now)) continue;
          // An evaluation runs until it ends or is cut off.
          if (!train && !budget.must_cut(now)) continue;
          if (train) {
            done[trial] += std::max(0.0, now - since - start);
          } else {
            result.lost += now - since;
          }
          coordinator.returned(i);
        } else {
          if (train) coordinator.recorded(i, trial, "", wire::Status::ok);
          coordinator.recorded(i, trial, "e", wire::Status::ok);
          coordinator.finished(i);
          std::erase_if(packs, [&](const study::Pack& other) { return other.id == pack.id; });
        }
      }
      if (budget.must_drain(now)) coordinator.drain();
      const auto fits = [&](const study::Pack& pack) {
        return budget.can_start(now, pack.lanes[0].train ? 0 : pack.flops);
      };
      for (const Dispatch& dispatch : coordinator.take_dispatches(fits)) {
        CHECK(now + start + (dispatch.pack.lanes[0].train ? 0 : dispatch.pack.flops) < limit - budget.margin());
        running[dispatch.worker] = {dispatch.pack, now};
      }
      if (coordinator.is_over() || (coordinator.is_stuck() && coordinator.running() == 0)) break;
    }
    CHECK(now < limit);  // the run ended by itself
    result.last_end = now;
  }
  return result;
}

}  // namespace

TEST_CASE("in virtual time a study much longer than an allocation finishes, and nothing is lost") {
  std::vector<study::Pack> packs;
  for (std::size_t i = 0; i < 40; ++i) {
    packs.push_back(timed_pack(std::to_string(i), i, i % 4 == 0 ? 60 : 200 + 5 * static_cast<double>(i), i % 4 != 0));
  }
  const Allocations result = simulate_allocations(packs, 4, 180, 3);
  CHECK(result.count < 20);  // 2,550 s of work per worker, in parts of 162 s less the time to start and to wait
  CHECK(result.count > 14);
  CHECK(result.lost == 0);
}

TEST_CASE("a run with nothing left that fits knows it") {
  std::vector<study::Pack> packs{timed_pack("long", 0, 500, false), timed_pack("short", 1, 20, false)};
  Coordinator coordinator(packs, true);
  const TimeBudget budget(100, 10);
  coordinator.ready(0);
  const auto fits = [&](const study::Pack& pack) { return budget.can_start(0, pack.flops); };
  auto given = coordinator.take_dispatches(fits);
  REQUIRE(given.size() == 1);
  CHECK(given[0].pack.id == "short");
  CHECK_FALSE(coordinator.is_stuck());
  coordinator.recorded(0, 1, "e", wire::Status::ok);
  coordinator.finished(0);
  CHECK(coordinator.take_dispatches(fits).empty());
  CHECK(coordinator.is_stuck());
  CHECK(coordinator.waiting() == 1);
  CHECK_FALSE(coordinator.is_complete());
}
