// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/hang_watch.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <vector>

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

/// Workers with a pack each of 1000 operations, of which 800 are training; virtual time, and a look every second.
struct Watching {
  double now = 0;
  study::Pack pack = small_pack();
  bool has_pack = true;
  std::vector<WorkerStatus> workers;
  HangWatch watch;

  explicit Watching(std::size_t count = 1)
      : workers(count),
        watch(count, 2,
              {[](const study::Pack&) { return 0.0; },
               [](const study::Pack&, const study::Evaluation&) { return 100.0; }}) {
    for (std::size_t worker = 0; worker < count; ++worker) give(worker);
  }
  void give(std::size_t worker) {
    workers[worker] = WorkerStatus();
    workers[worker].state = WorkerState::starting;
    workers[worker].flops = pack.flops;
    workers[worker].train_share = 0.8;
    watch.gave(worker, now);
  }
  static study::Pack small_pack() {
    study::Pack pack;
    pack.lanes.push_back({0, true});
    pack.flops = 1000;
    std::vector<study::Evaluation> evaluations(2);
    evaluations[0].id = "e1";
    evaluations[1].id = "e2";
    pack.evaluations = study::EvaluationList(std::move(evaluations));
    return pack;
  }

  double say(const wire::Happening& what, std::size_t worker = 0) {
    const double silent = watch.heard(worker, what, workers[worker], pack, now);
    if (const auto* progress = std::get_if<wire::Progress>(&what)) apply_progress(workers[worker], *progress);
    return silent;
  }
  void train(std::int64_t epoch, std::size_t worker = 0, std::int64_t epochs = 10) {
    say(wire::Progress{"p", wire::Stage::train, "", "", epoch, epochs, 0, 1, {}}, worker);
  }
  void evaluate(const std::string& id) { say(wire::Progress{"p", wire::Stage::evaluate, id, id, 0, 0, 0, 0, {}}); }

  std::vector<HangWatch::Doubtful> look() {
    return watch.look(
        workers, [this](std::size_t) { return has_pack ? &pack : nullptr; }, now);
  }
  /// Seconds of silence until the worker is reported, at most `most`.
  double doubted_after(double most) {
    const double begin = now;
    for (; now < begin + most; now += 1) {
      if (!look().empty()) return now - begin;
    }
    return most;
  }
};

}  // namespace

TEST_CASE("a word ends a silence, and says how long it was") {
  Watching run;
  run.now = 7;
  CHECK(run.say(wire::Hello{}) == 7);
  run.now = 9;
  CHECK(run.say(wire::Hello{}) == 2);
}

TEST_CASE("a worker that nobody knows the pace of may be silent for half an hour") {
  Watching run;
  run.train(0);
  CHECK(run.doubted_after(3600) == Silence::unknown);
}

TEST_CASE("a pack of another shape may take long to start, however fast packs of the first shape did") {
  Watching run;
  run.now = 2;
  run.look();
  run.train(0);
  SECTION("the first of its shape: as one of unknown pace") {
    run.pack.group = 1;  // wider, or with a larger dataset
    run.give(0);
    CHECK(run.doubted_after(3600) == Silence::unknown);
  }
  SECTION("the second of its shape: as long as the first, generously") {
    run.pack.group = 1;
    run.give(0);
    CHECK(run.doubted_after(300) == 300);
    run.train(0);
    run.give(0);
    CHECK(run.doubted_after(7200) == Silence::factor * 300);
  }
  SECTION("one of the known shape: no longer than before") {
    run.give(0);
    CHECK(run.doubted_after(3600) == Silence::start);
  }
}

TEST_CASE("epochs that took long let the next one take long") {
  Watching run;
  for (int epoch = 0; epoch <= 4; ++epoch) {
    run.train(epoch);
    run.now += 4;
    run.look();
  }
  // An epoch is one step here, and took 4 s. The fifth one has also run for 4 s.
  CHECK(run.doubted_after(3600) == Silence::factor * 4 - 4);
}

TEST_CASE("a doubt is repeated only after a while, and only while there is a pack") {
  Watching run;
  for (int epoch = 0; epoch <= 4; ++epoch) {
    run.train(epoch);
    run.now += 1;
    run.look();
  }
  const double allowed = Silence::floor;
  run.doubted_after(3600);
  run.now += 1;
  CHECK(run.look().empty());
  run.now += 4;
  const auto again = run.look();
  REQUIRE(again.size() == 1);
  CHECK(again[0].worker == 0);
  CHECK(again[0].allowed == Approx(allowed));
  run.has_pack = false;
  run.now += 5;
  CHECK(run.look().empty());
}

TEST_CASE("a pack that was taken for hung may take longer the next time") {
  Watching run;
  for (int epoch = 0; epoch <= 4; ++epoch) {
    run.train(epoch);
    run.now += 1;
    run.look();
  }
  run.watch.hung(run.pack);
  run.watch.gave(0, run.now);
  CHECK(run.doubted_after(3600) == Silence::again * Silence::floor);
}

TEST_CASE("each evaluation has a pace of its own, measured at its first record") {
  Watching run;
  run.train(0);
  run.evaluate("e1");
  for (int second = 0; second < 4; ++second) {
    run.now += 1;
    run.look();
  }
  run.say(wire::EncodedRecord{});  // 100 operations in 4 s
  run.now += 1;
  run.say(wire::EncodedRecord{});  // a later record of the same evaluation is not measured
  CHECK(run.doubted_after(3600) == Silence::factor * 4);
  run.evaluate("e2");  // no worker has finished it yet
  CHECK(run.doubted_after(3600) == Silence::unknown);
}

TEST_CASE("time in which nobody looked is no silence") {
  Watching run;
  for (int epoch = 0; epoch <= 4; ++epoch) {
    run.train(epoch);
    run.now += 1;
    run.look();
  }
  run.now += 1000;
  CHECK(run.look().empty());
  CHECK(run.doubted_after(3600) == Approx(Silence::floor).margin(2));
}

namespace {

/// Five minutes of four workers that train and say so once in `pace` seconds. Worker 1 hangs from 5 s on, worker 2 is
/// stopped then for a third of the floor. Returns which workers are doubted, and when first.
std::map<std::size_t, double> doubts_among_four(const std::function<double(double now)>& pace) {
  Watching run(4);
  std::map<std::size_t, double> doubts;
  std::vector<double> next(4, 0);
  std::vector<std::int64_t> epochs(4, 0);
  for (; run.now < 300; run.now += 0.5) {
    for (std::size_t worker = 0; worker < 4; ++worker) {
      if (worker == 1 && run.now >= 5) continue;
      if (worker == 2 && run.now >= 5 && run.now < 5 + Silence::floor / 3) continue;
      if (run.now < next[worker]) continue;
      run.train(epochs[worker]++, worker, 1000);
      next[worker] = run.now + pace(run.now);
    }
    for (const HangWatch::Doubtful& doubtful : run.look()) doubts.emplace(doubtful.worker, run.now);
  }
  return doubts;
}

}  // namespace

TEST_CASE(
    "of workers that train alike, the one that hangs is doubted, and none that works or was stopped for a while") {
  const auto doubts = doubts_among_four([](double) { return 0.5; });
  CHECK(doubts.size() == 1);
  CHECK(doubts.at(1) == 5 + Silence::floor);
}

TEST_CASE("on a machine that gets ever slower, the one that hangs is doubted later, and still no other") {
  // At the end a step takes longer than the floor.
  const auto doubts = doubts_among_four([](double now) { return 1 + now / 10; });
  CHECK(doubts.size() == 1);
  CHECK(doubts.at(1) > 5 + Silence::floor);
}

TEST_CASE("a step that takes longer than all before is doubted, and not when its pack is tried again") {
  Watching run;
  const double slow = Silence::floor + 12;
  const auto train_to_the_middle = [&] {
    for (int epoch = 0; epoch <= 4; ++epoch) {
      run.now += 1;
      run.look();
      run.train(epoch);
    }
  };
  train_to_the_middle();
  CHECK(run.doubted_after(slow) == Silence::floor);
  run.watch.hung(run.pack);
  run.give(0);
  train_to_the_middle();
  CHECK(run.doubted_after(slow) == slow);
  run.train(5);
  CHECK(run.look().empty());
}

TEST_CASE("rank 0 goes on doubting a worker whose rank is stopped, as long as nothing comes from there") {
  Watching run(2);
  int doubts = 0;
  for (std::int64_t epoch = 0; epoch < 60; ++epoch) {
    run.train(epoch, 0, 1000);
    if (epoch < 5 || epoch >= 32) run.train(epoch, 1, 1000);
    for (const HangWatch::Doubtful& doubtful : run.look()) {
      CHECK(doubtful.worker == 1);
      CHECK(epoch < 32);
      ++doubts;
    }
    run.now += 1;
  }
  CHECK(doubts == 2);  // 20 s after its last word, and 5 s later
}
