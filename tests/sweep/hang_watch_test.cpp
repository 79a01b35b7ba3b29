// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/hang_watch.hpp"

#include <catch2/catch.hpp>

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

/// One worker with a pack of 1000 operations, of which 800 are training. Virtual time, with a check every second.
struct Watching {
  double now = 0;
  study::Pack pack = small_pack();
  bool has_pack = true;
  std::vector<WorkerStatus> workers{1};
  HangWatch watch{
      1,
      2,
      {[](const study::Pack&) { return 0.0; }, [](const study::Pack&, const study::Evaluation&) { return 100.0; }}};

  Watching() {
    workers[0].state = WorkerState::starting;
    workers[0].flops = pack.flops;
    workers[0].train_share = 0.8;
    watch.gave(0, now);
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

  double say(const wire::Happening& what) {
    const double silent = watch.heard(0, what, workers[0], pack, now);
    if (const auto* progress = std::get_if<wire::Progress>(&what)) apply_progress(workers[0], *progress);
    return silent;
  }
  void train(std::int64_t epoch) { say(wire::Progress{"p", wire::Stage::train, "", "", epoch, 10, 0, 1, {}}); }
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
