// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/status_board.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/core/file.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

/// A pack of two trials with two evaluations, which makes four evaluation records.
study::Pack two_trials() {
  study::Pack pack;
  pack.id = "p";
  pack.lanes = {{0, true}, {1, true}};
  std::vector<study::Evaluation> evaluations(2);
  evaluations[0].id = "e1";
  evaluations[1].id = "e2";
  pack.evaluations = study::EvaluationList(std::move(evaluations));
  pack.flops = 100;
  return pack;
}

struct Showing {
  const Scratch scratch;
  int shown = 0;
  Coordinator coordinator{{two_trials()}, true};
  StatusBoard board{RunStatus{}, std::vector<wire::WorkerPlace>(2), about(scratch.path()),
                    [this](const RunStatus&) { ++shown; }};

  static StatusBoard::About about(const std::filesystem::path& folder) { return {folder, folder / "status.json", 3}; }
  [[nodiscard]] Json written() const { return Json::parse(file::read(scratch.path() / "status.json")); }
  void hand_out() {
    coordinator.ready(1);
    coordinator.take_dispatches();
  }
};

}  // namespace

TEST_CASE("a worker's pack starts with nothing known of it, but the worker's losses") {
  Showing run;
  run.board.worker(1).losses_in_all = 2;
  run.board.worker(1).stage = wire::Stage::evaluate;
  run.board.worker(1).place.host = "n1";
  run.board.began(1, two_trials(), 0.7, 12);
  const WorkerStatus& worker = run.board.workers()[1];
  CHECK(worker.state == WorkerState::starting);
  CHECK(worker.stage == wire::Stage::start);
  CHECK(worker.place.host == "n1");
  CHECK(worker.losses_in_all == 2);
  CHECK(worker.lanes == 2);
  CHECK(worker.train_share == 0.7);
  CHECK(worker.started == 12);
  CHECK(run.board.workers()[0].state == WorkerState::idle);
}

TEST_CASE("a finished pack counts for the run's pace") {
  Showing run;
  run.board.began(1, two_trials(), 0.7, 12);
  run.board.finished(1, 20);
  CHECK(run.board.run().packs_done == 1);
  CHECK(run.board.run().finished_flops == 100);
  CHECK(run.board.run().busy_seconds == 8);
  CHECK(run.board.workers()[1].state == WorkerState::idle);
}

TEST_CASE("the share of a pack's evaluations follows its records, and starts anew with the next pack") {
  Showing run;
  run.hand_out();
  run.board.began(1, two_trials(), 0.7, 0);
  run.board.got_record(1);
  run.board.tick(run.coordinator, 1);
  CHECK(run.board.workers()[1].records == 0.25);
  CHECK(run.board.workers()[0].records == 0);
  run.board.began(1, two_trials(), 0.7, 2);
  run.board.tick(run.coordinator, 3);
  CHECK(run.board.workers()[1].records == 0);
}

TEST_CASE("it is shown ten times a second and written every two seconds at most") {
  Showing run;
  run.board.tick(run.coordinator, 10);
  CHECK(run.shown == 1);
  CHECK(run.written().at("elapsed_seconds") == 10);
  run.board.tick(run.coordinator, 10.05);
  CHECK(run.shown == 1);
  CHECK(run.board.run().elapsed == 10.05);
  run.board.tick(run.coordinator, 11);
  CHECK(run.shown == 2);
  CHECK(run.written().at("elapsed_seconds") == 10);
  run.board.tick(run.coordinator, 12);
  CHECK(run.written().at("elapsed_seconds") == 12);
  CHECK(run.written().at("packs").at("waiting") == 1);
}

TEST_CASE("status.json says whose run it is") {
  Showing run;
  CHECK(run.board.write().empty());
  const Json json = run.written();
  CHECK(json.at("folder") == run.scratch.path().string());
  CHECK(json.at("ranks") == 3);
  CHECK(json.at("state") == "running");
  CHECK(json.at("workers").size() == 2);
}

TEST_CASE("a status that cannot be written says why, and stops nothing") {
  Coordinator coordinator({two_trials()}, true);
  StatusBoard board(RunStatus{}, {}, {"/nonexistent", "/nonexistent/status.json", 1}, [](const RunStatus&) {});
  CHECK_THAT(board.write(), Catch::Contains("/nonexistent"));
  board.tick(coordinator, 1);
  board.tick(coordinator, 5);
}
