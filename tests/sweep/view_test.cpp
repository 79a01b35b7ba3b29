// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/sweep/run/view.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

RunStatus half_way() {
  RunStatus status;
  status.study = "quick";
  status.trials = 40;
  status.done = 20;
  status.done_before = 10;
  status.diverged = 1;
  status.elapsed = 100;
  status.finished_flops = 50;
  status.busy_seconds = 100;
  status.waiting_flops = 100;
  WorkerStatus worker;
  worker.place.device = "cpu";
  worker.state = WorkerState::busy;
  worker.lanes = 8;
  worker.stage = wire::Stage::train;
  worker.epoch = 2;
  worker.epochs = 4;
  worker.losses = {0.25, std::nan(""), 0.5};
  worker.flops = 50;
  worker.train_share = 0.8;
  worker.started = 60;
  status.workers.push_back(worker);
  worker.state = WorkerState::idle;
  status.workers.push_back(worker);
  return status;
}

}  // namespace

TEST_CASE("the time left follows from predicted work and what workers did so far") {
  const RunStatus status = half_way();
  CHECK(share_done(status.workers[0]) == Approx(0.4));
  // 70 operations took 140 worker-seconds; 130 operations are left for two workers.
  REQUIRE(status.time_left());
  CHECK(*status.time_left() == Approx(130));
  CHECK(*status.rate() == Approx(0.1));
  RunStatus fresh = half_way();
  fresh.finished_flops = fresh.busy_seconds = 0;
  fresh.workers[0].epoch = 0;
  fresh.done = fresh.done_before;
  CHECK_FALSE(fresh.time_left());
  CHECK_FALSE(fresh.rate());
}

TEST_CASE("the time left is not guessed from the first steps") {
  RunStatus status = half_way();
  status.waiting_flops = 5000;
  CHECK_FALSE(status.time_left());  // 70 of 5,100 operations, in 140 worker-seconds
  status.busy_seconds += 200;
  CHECK(status.time_left());
  status.busy_seconds -= 200;
  status.waiting_flops = 1000;
  CHECK(status.time_left());
}

TEST_CASE("the end is not before that of the pack that runs longest") {
  RunStatus status = half_way();
  status.waiting_flops = 0;
  CHECK(*status.time_left() ==
        Approx(60));  // 30 operations at half an operation a second, which two workers cannot share
}

TEST_CASE("the live view has a line for the whole and one per busy worker, and fits the terminal") {
  const auto lines = live_lines(half_way(), 200, 24);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "quick [######------] 20 of 40 trials, 8 running, 1 diverged, 6.0 trials/min, 2 min 10 s left");
  CHECK(lines[1] == "  worker 0   cpu       8 trials  train  epoch 3/4  loss 0.25 to 0.5");
  for (std::size_t width = 24; width < 100; ++width) {
    const auto cut = live_lines(half_way(), width, 24);
    for (std::size_t i = 0; i < cut.size(); ++i) {
      CHECK(cut[i].size() <= width);
      CHECK(lines[i].starts_with(cut[i]));
      // Half of a number is another number.
      CHECK((cut[i].size() == lines[i].size() || lines[i][cut[i].size()] == ' '));
    }
  }
  RunStatus many = half_way();
  many.workers.assign(100, many.workers[0]);
  const auto few = live_lines(many, 200, 10);
  CHECK(few.size() == 10);
  CHECK(few.back() == "  and 92 more workers");
}

TEST_CASE("the bar of the live view is never longer than it is wide") {
  RunStatus status = half_way();
  status.done = status.trials + 4;
  CHECK_THAT(live_lines(status, 200, 24).front(), Catch::StartsWith("quick [############] 44 of 40 trials"));
}

TEST_CASE("a log line says it in one") {
  CHECK(log_line(half_way()) ==
        "20 of 40 trials, 8 running, 1 diverged, loss 0.25 to 0.5, 6.0 trials/min, 2 min 10 s left");
}

TEST_CASE("status tells a run that was killed from one that lives") {
  Json status = to_json(half_way());
  status["study_file"] = "q.json";
  status["folder"] = "runs/quick";
  status["host"] = "here";
  status["pid"] = 12;
  status["updated"] = "2026-01-01T00:00:00Z";
  CHECK(status_text(status, Life::alive, 1) ==
        "study    quick\nstate    running (process 12 on here)\ntrials   20 of 40 done, 8 running, 0 failed, 1 "
        "diverged\nupdated  2026-01-01T00:00:00Z, after 1 min 40 s, 6.0 trials/min, 2 min 10 s left\nworker 0    cpu: "
        "busy, 8 trials, train epoch 3/4\nworker 1    cpu: idle\n");
  CHECK(
      status_text(status, Life::gone, 1) ==
      "study    quick\nstate    interrupted (process 12 on here is gone); `eigensweep run q.json --output runs/quick` "
      "continues\ntrials   20 of 40 done, 0 running, 0 failed, 1 diverged\nupdated  2026-01-01T00:00:00Z, after 1 min "
      "40 s\n");
  status["continue_command"] = "eigensweep attack runs/quick --study a.json";
  CHECK_THAT(status_text(status, Life::gone, 1),
             Catch::Contains("`eigensweep attack runs/quick --study a.json` continues\n"));
}

TEST_CASE("of a run that this host cannot see, the age of its status tells") {
  Json status = to_json(half_way());
  status["host"] = "node7";
  status["pid"] = 12;
  status["continue_command"] = "eigensweep run q.json";
  const std::string fresh = status_text(status, Life::unseen, 4);
  CHECK_THAT(fresh,
             Catch::Contains("\nstate    running on node7 (as of 4.0 s ago; this host cannot check)\ntrials   20 of "
                             "40 done, 8 running"));
  CHECK_THAT(fresh, Catch::Contains("\nworker 0 "));
  const std::string old = status_text(status, Life::unseen, 7200);
  CHECK_THAT(old,
             Catch::Contains("\nstate    unknown (last written 2 h 00 min ago by process 12 on node7; this host "
                             "cannot check); if that is gone, `eigensweep run q.json` continues\ntrials   20 of 40 "
                             "done, 0 running"));
  CHECK_THAT(old, !Catch::Contains("\nworker 0 "));
  CHECK_THAT(status_text(status, Life::unseen, INFINITY),
             Catch::Contains("unknown (last written at an unknown time by "));
  status["state"] = "complete";
  CHECK_THAT(status_text(status, Life::unseen, 4), Catch::Contains("\nstate    complete\n"));
}

TEST_CASE("what a run said at its end is one line of its status") {
  Json status = to_json(half_way());
  status["state"] = "failed";
  status["message"] = "first\nsecond \x1b[31m";
  CHECK_THAT(status_text(status, Life::gone, 1), Catch::Contains("\n         first\\nsecond \\u001b[31m\ntrials"));
}

TEST_CASE("an evaluation is told from the training, whatever its label") {
  WorkerStatus worker = half_way().workers[0];
  CHECK(stage_text(worker) == "train");
  wire::Progress progress;
  progress.stage = wire::Stage::evaluate;
  progress.label = "train";
  progress.evaluation = "0123456789abcdef";
  apply_progress(worker, progress);
  CHECK(stage_text(worker) == "train");
  worker.records = 0.5;
  CHECK(share_done(worker) == Approx(0.8 + 0.2 * 0.5));
  progress = {};
  progress.epoch = 1;
  progress.epochs = 4;
  apply_progress(worker, progress);
  CHECK(share_done(worker) == Approx(0.2));
}

TEST_CASE("states have the words that status.json always had") {
  CHECK(words_of<WorkerState>() == std::vector<std::string>{"idle", "starting", "busy", "lost", "retired"});
  CHECK(words_of<RunState>() == std::vector<std::string>{"running", "complete", "stopped", "failed"});
}
