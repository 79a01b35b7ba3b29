// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "eigensweep/sweep/schedule/coordinator.hpp"

using namespace eigensweep;
using sweep::Coordinator;
using sweep::Failure;
using wire::Status;

namespace {

study::Pack pack_of(const std::string& id, std::vector<std::size_t> trials, double flops,
                    const std::vector<std::string>& evaluations = {}) {
  study::Pack pack;
  pack.id = id;
  for (const std::size_t trial : trials) pack.lanes.push_back({trial, true});
  std::vector<study::Evaluation> asked(evaluations.size());
  for (std::size_t i = 0; i < asked.size(); ++i) asked[i].id = evaluations[i];
  pack.evaluations = std::move(asked);
  pack.flops = flops;
  return pack;
}

std::vector<std::size_t> trials_of(const study::Pack& pack) {
  std::vector<std::size_t> trials;
  for (const study::Lane& lane : pack.lanes) trials.push_back(lane.trial);
  return trials;
}

void finish(Coordinator& coordinator, const sweep::Dispatch& dispatch) {
  for (const study::Lane& lane : dispatch.pack.lanes) {
    if (lane.train) coordinator.recorded(dispatch.worker, lane.trial, "", Status::ok);
    for (const study::Evaluation& evaluation : dispatch.pack.evaluations) {
      coordinator.recorded(dispatch.worker, lane.trial, evaluation.id, Status::ok);
    }
  }
  coordinator.finished(dispatch.worker);
}

}  // namespace

TEST_CASE("the longest pack goes out first, each worker has one, a finished worker gets the next") {
  Coordinator coordinator({pack_of("short", {0}, 1), pack_of("long", {1}, 3), pack_of("middle", {2}, 2)}, true);
  coordinator.ready(0);
  coordinator.ready(1);
  auto dispatches = coordinator.take_dispatches();
  REQUIRE(dispatches.size() == 2);
  CHECK(dispatches[0].pack.id == "long");
  CHECK(dispatches[1].pack.id == "middle");
  CHECK(coordinator.waiting_flops() == 1);
  finish(coordinator, dispatches[0]);
  auto next = coordinator.take_dispatches();
  REQUIRE(next.size() == 1);
  CHECK(next[0].worker == 0);
  CHECK(next[0].pack.id == "short");
  finish(coordinator, next[0]);
  CHECK_FALSE(coordinator.is_complete());
  finish(coordinator, dispatches[1]);
  CHECK(coordinator.is_complete());
  CHECK(coordinator.take_given_up().empty());
}

TEST_CASE("a crashed pack is tried again whole, then in halves, until the bad trial stands alone and is given up") {
  Coordinator coordinator({pack_of("p", {0, 1, 2, 3, 4, 5, 6, 7}, 8, {"a"})}, true);
  std::set<std::size_t> finished;
  int crashes = 0;
  coordinator.ready(0);
  for (int i = 0; i < 100 && !coordinator.is_complete(); ++i) {
    for (const auto& dispatch : coordinator.take_dispatches()) {
      const auto trials = trials_of(dispatch.pack);
      if (std::find(trials.begin(), trials.end(), 5) != trials.end()) {
        ++crashes;
        coordinator.failed(0, Failure::crash, "last words");
        coordinator.ready(0);
      } else {
        finished.insert(trials.begin(), trials.end());
        finish(coordinator, dispatch);
      }
    }
  }
  CHECK(coordinator.is_complete());
  CHECK(finished == std::set<std::size_t>{0, 1, 2, 3, 4, 6, 7});
  const auto given_up = coordinator.take_given_up();
  REQUIRE(given_up.size() == 1);
  CHECK(given_up[0].trial == 5);
  CHECK_FALSE(given_up[0].trained);
  REQUIRE(given_up[0].evaluations.get().size() == 1);
  CHECK(given_up[0].evaluations.get()[0].id == "a");
  CHECK(given_up[0].message == "last words");
  CHECK(crashes == 6);  // two of the whole pack, one of four lanes, one of two lanes, two of the single trial
}

TEST_CASE("a pack that runs out of memory is halved at once") {
  Coordinator coordinator({pack_of("p", {0, 1, 2}, 3)}, true);
  coordinator.ready(0);
  coordinator.take_dispatches();
  coordinator.failed(0, Failure::out_of_memory, "too big");
  const auto halves = coordinator.take_dispatches();
  REQUIRE(halves.size() == 1);
  CHECK(trials_of(halves[0].pack) == std::vector<std::size_t>{0, 1});
  CHECK(halves[0].pack.id == "p.0");
  CHECK(halves[0].pack.flops == 2);
  CHECK(coordinator.waiting() == 1);
}

TEST_CASE("what ran out of memory once is not tried again with packs of the same group") {
  std::vector<study::Pack> packs{pack_of("p", {0, 1, 2, 3, 4, 5}, 8), pack_of("q", {6, 7, 8, 9, 10, 11}, 6),
                                 pack_of("other", {12, 13, 14, 15, 16, 17}, 6)};
  packs[2].group = 1;
  packs.push_back(pack_of("kept", {18, 19, 20, 21, 22, 23}, 6));
  packs[3].has_checkpoint = true;  // it has run before, so it fits into memory
  Coordinator coordinator(packs, true);
  coordinator.ready(0);
  REQUIRE(coordinator.take_dispatches().at(0).pack.id == "p");
  coordinator.failed(0, Failure::out_of_memory, "too big");
  std::map<std::string, std::size_t> lanes;
  while (!coordinator.is_complete()) {
    for (const auto& dispatch : coordinator.take_dispatches()) {
      lanes[dispatch.pack.id.substr(0, dispatch.pack.id.find('.'))] =
          std::max(lanes[dispatch.pack.id.substr(0, dispatch.pack.id.find('.'))], dispatch.pack.lanes.size());
      finish(coordinator, dispatch);
    }
  }
  CHECK(lanes["p"] == 3);
  CHECK(lanes["q"] == 3);
  CHECK(lanes["kept"] == 6);
  CHECK(lanes["other"] > 3);
}

TEST_CASE("what is recorded is not asked for again after a crash") {
  Coordinator coordinator({pack_of("p", {0, 1, 2}, 3, {"a", "b"})}, true);
  coordinator.ready(0);
  coordinator.take_dispatches();
  CHECK(coordinator.recorded(0, 0, "", Status::ok));
  CHECK(coordinator.recorded(0, 1, "", Status::diverged));
  CHECK(coordinator.recorded(0, 0, "a", Status::ok));
  coordinator.failed(0, Failure::crash, "");
  coordinator.ready(0);
  coordinator.ready(1);
  const auto again = coordinator.take_dispatches();
  REQUIRE(again.size() == 2);
  for (const auto& dispatch : again) {
    REQUIRE(dispatch.pack.lanes.size() == 1);
    if (dispatch.pack.lanes[0].trial == 0) {
      CHECK_FALSE(dispatch.pack.lanes[0].train);
      REQUIRE(dispatch.pack.evaluations.size() == 1);
      CHECK(dispatch.pack.evaluations[0].id == "b");
    } else {
      CHECK(dispatch.pack.lanes[0].trial == 2);
      CHECK(dispatch.pack.lanes[0].train);
      CHECK(dispatch.pack.evaluations.size() == 2);
    }
  }
}

TEST_CASE("without kept models a trial whose pack failed starts anew with all of its evaluations") {
  Coordinator coordinator({pack_of("p", {0, 1}, 1, {"a", "b"})}, false);
  coordinator.ready(0);
  coordinator.take_dispatches();
  CHECK(coordinator.is_whole_only(0, 0));
  for (const char* evaluation : {"", "a", "b"}) CHECK(coordinator.recorded(0, 0, evaluation, Status::ok));
  CHECK(coordinator.recorded(0, 1, "", Status::ok));
  CHECK(coordinator.recorded(0, 1, "a", Status::ok));
  CHECK(coordinator.has_all(0, 0));
  CHECK_FALSE(coordinator.has_all(0, 1));
  coordinator.failed(0, Failure::crash, "");
  coordinator.ready(0);
  const auto again = coordinator.take_dispatches();
  REQUIRE(again.size() == 1);
  CHECK(trials_of(again[0].pack) == std::vector<std::size_t>{1});
  CHECK(again[0].pack.lanes[0].train);
  CHECK(again[0].pack.evaluations.size() == 2);
}

TEST_CASE("a record that comes twice is news once") {
  Coordinator coordinator({pack_of("p", {0, 1}, 1, {"a"})}, true);
  coordinator.ready(0);
  coordinator.take_dispatches();
  CHECK(coordinator.recorded(0, 0, "", Status::ok));
  CHECK_FALSE(coordinator.recorded(0, 0, "", Status::ok));
  CHECK(coordinator.recorded(0, 0, "a", Status::ok));
  CHECK_FALSE(coordinator.recorded(0, 0, "a", Status::ok));
  CHECK(coordinator.recorded(0, 1, "", Status::diverged));
  CHECK_FALSE(coordinator.recorded(0, 1, "a", Status::ok));
  CHECK(coordinator.has_all(0, 1));
}

TEST_CASE("a drained pack comes back without blame and keeps its name; a drained coordinator hands out nothing") {
  Coordinator coordinator({pack_of("p", {0, 1}, 1), pack_of("q", {2}, 0.5)}, true);
  coordinator.ready(0);
  coordinator.take_dispatches();
  coordinator.drain();
  CHECK_FALSE(coordinator.is_over());
  coordinator.returned(0);
  coordinator.ready(0);
  CHECK(coordinator.take_dispatches().empty());
  CHECK(coordinator.is_over());
  CHECK_FALSE(coordinator.is_complete());
  CHECK(coordinator.waiting() == 2);
}

TEST_CASE("a worker that calls a pack finished too early does not pass for success") {
  Coordinator coordinator({pack_of("p", {0, 1}, 1)}, true);
  coordinator.ready(0);
  coordinator.take_dispatches();
  coordinator.recorded(0, 0, "", Status::ok);
  coordinator.finished(0);
  const auto given_up = coordinator.take_given_up();
  REQUIRE(given_up.size() == 1);
  CHECK(given_up[0].trial == 1);
}

TEST_CASE("records of trials that the worker was never given are no news") {
  Coordinator coordinator({pack_of("p", {0}, 1)}, true);
  CHECK_FALSE(coordinator.recorded(0, 0, "", Status::ok));
  coordinator.ready(0);
  coordinator.take_dispatches();
  CHECK_FALSE(coordinator.recorded(0, 7, "", Status::ok));
  CHECK_FALSE(coordinator.recorded(0, 0, "unknown", Status::ok));
}

TEST_CASE("ten thousand packs pass through, longest first") {
  std::vector<study::Pack> packs;
  for (std::size_t i = 0; i < 10000; ++i) packs.push_back(pack_of("p", {i}, static_cast<double>(i * 7919 % 10007)));
  Coordinator coordinator(std::move(packs), true);
  for (std::size_t worker = 0; worker < 64; ++worker) coordinator.ready(worker);
  std::size_t finished = 0;
  double last = 1e9;
  while (!coordinator.is_complete()) {
    for (const auto& dispatch : coordinator.take_dispatches()) {
      REQUIRE(dispatch.pack.flops <= last);
      last = dispatch.pack.flops;
      finish(coordinator, dispatch);
      ++finished;
    }
  }
  CHECK(finished == 10000);
}

TEST_CASE("among hundreds of workers the longest and the shortest go out in turn while the end is far") {
  constexpr std::size_t workers = 300;
  std::vector<study::Pack> packs;
  for (std::size_t i = 0; i < 3000; ++i) packs.push_back(pack_of("p", {i}, static_cast<double>(1000 + i)));
  Coordinator coordinator(std::move(packs), true);
  for (std::size_t worker = 0; worker < workers; ++worker) coordinator.ready(worker);
  auto dispatches = coordinator.take_dispatches();
  REQUIRE(dispatches.size() == workers);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(dispatches[2 * i].pack.flops == 3999.0 - static_cast<double>(i));
    CHECK(dispatches[2 * i + 1].pack.flops == 1000.0 + static_cast<double>(i));
  }
  double last = 0;
  while (coordinator.waiting() > 0) {
    for (const auto& dispatch : dispatches) finish(coordinator, dispatch);
    const double left = coordinator.waiting_flops();
    dispatches = coordinator.take_dispatches();
    if (left > 3 * workers * 1000.0) continue;  // below it the end is near, since no pack has less than 1000
    for (const auto& dispatch : dispatches) {
      if (last > 0) CHECK(dispatch.pack.flops <= last);
      last = dispatch.pack.flops;
    }
  }
  CHECK(last > 0);
}
