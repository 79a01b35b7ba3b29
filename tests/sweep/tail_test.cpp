// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "eigensweep/sweep/schedule/coordinator.hpp"
#include "eigensweep/sweep/schedule/tail.hpp"

using namespace eigensweep;

namespace {

/// A pack whose lanes cost one operation each.
study::Pack tail_pack(const std::string& id, std::size_t first, std::size_t lanes, double overhead = 0) {
  study::Pack pack;
  pack.id = id;
  for (std::size_t i = 0; i < lanes; ++i) pack.lanes.push_back({first + i, true});
  pack.flops = static_cast<double>(lanes);
  pack.overhead_flops = overhead;
  return pack;
}

void end_pack(sweep::Coordinator& coordinator, const sweep::Dispatch& dispatch) {
  for (const study::Lane& lane : dispatch.pack.lanes) {
    coordinator.recorded(dispatch.worker, lane.trial, "", wire::Status::ok);
  }
  coordinator.finished(dispatch.worker);
}

std::vector<std::size_t> lanes_of(const std::vector<sweep::Dispatch>& dispatches) {
  std::vector<std::size_t> lanes;
  for (const auto& dispatch : dispatches) lanes.push_back(dispatch.pack.lanes.size());
  return lanes;
}

}  // namespace

TEST_CASE("an item is cut into as few pieces as the limit allows") {
  CHECK(sweep::tail_pieces({16, 1, 0, true}, 16) == 1);
  CHECK(sweep::tail_pieces({16, 1, 0, true}, 15) == 2);
  CHECK(sweep::tail_pieces({16, 1, 2, true}, 6) == 4);
  CHECK(sweep::tail_pieces({16, 1, 2, true}, 0.5) == 16);
  CHECK(sweep::tail_pieces({16, 1, 2, false}, 6) == 1);
  CHECK(sweep::tail_pieces({1, 8, 2, true}, 6) == 1);
}

TEST_CASE("no piece is smaller than its device can use") {
  CHECK(sweep::tail_pieces({16, 1, 2, true, 5}, 6) == 3);
  CHECK(sweep::tail_pieces({16, 1, 2, true, 4}, 0.5) == 4);
  CHECK(sweep::tail_pieces({16, 1, 2, true, 9}, 6) == 1);
  CHECK(sweep::tail_pieces({16, 1, 2, true, 100}, 6) == 1);
  CHECK(sweep::tail_pieces({16, 1, 2, true, 2}, 15) == 2);
  study::Pack pack = tail_pack("p", 0, 16, 6);
  pack.least_lanes = 6;
  sweep::Coordinator coordinator({pack}, true);
  for (std::size_t worker = 0; worker < 4; ++worker) coordinator.ready(worker);
  const auto dispatches = coordinator.take_dispatches();
  CHECK(lanes_of(dispatches) == std::vector<std::size_t>{8, 8});
  for (const auto& dispatch : dispatches) CHECK(dispatch.pack.least_lanes == 6);
}

TEST_CASE("a plan cuts as finely as ends soonest, counts overhead, and cuts nothing that gains nothing") {
  const sweep::TailItem item{12, 1, 0, true};
  CHECK(sweep::plan_tail({item}, {0, 0, 0}).limit == 4);
  CHECK(sweep::plan_tail({item}, {0, 0, 0}).makespan == 4);
  CHECK(std::isinf(sweep::plan_tail({item}, {0, 12, 12}).limit));
  CHECK(std::isinf(sweep::plan_tail({item}, {0}).limit));
  // Every piece costs 12 more: halves take 18, thirds 16 and twelfths 4 * 13.
  CHECK(sweep::plan_tail({{12, 1, 12, true}}, {0, 0, 0}).limit == 16);
  // With two workers, thirds would need two rounds.
  CHECK(sweep::plan_tail({{12, 1, 12, true}}, {0, 0}).limit == 18);
  CHECK(std::isinf(sweep::plan_tail({{12, 1, 12, false}}, {0, 0}).limit));
}

TEST_CASE("one pack for four idle workers is shared out among them") {
  sweep::Coordinator coordinator({tail_pack("p", 0, 16, 1)}, true);
  for (std::size_t worker = 0; worker < 4; ++worker) coordinator.ready(worker);
  const auto dispatches = coordinator.take_dispatches();
  CHECK(lanes_of(dispatches) == std::vector<std::size_t>{4, 4, 4, 4});
  std::set<std::size_t> trials;
  std::set<std::string> ids;
  for (const auto& dispatch : dispatches) {
    CHECK(dispatch.pack.flops == Approx(4));
    CHECK(dispatch.pack.overhead_flops == 1);
    ids.insert(dispatch.pack.id);
    for (const study::Lane& lane : dispatch.pack.lanes) trials.insert(lane.trial);
  }
  CHECK(trials.size() == 16);
  CHECK(ids.size() == 4);
  for (const auto& dispatch : dispatches) end_pack(coordinator, dispatch);
  CHECK(coordinator.is_complete());
  CHECK(coordinator.take_given_up().empty());
}

TEST_CASE("packs stay whole while as much is left for everybody, and where nobody could help in time") {
  sweep::Coordinator full({tail_pack("a", 0, 8), tail_pack("b", 8, 8), tail_pack("c", 16, 8), tail_pack("d", 24, 8)},
                          true);
  full.ready(0);
  full.ready(1);
  CHECK(lanes_of(full.take_dispatches()) == std::vector<std::size_t>{8, 8});
  // Worker 1 has just started eight lanes. Cutting the four lanes of the other pack would not make the end earlier.
  sweep::Coordinator late({tail_pack("a", 0, 8), tail_pack("b", 8, 4)}, true);
  late.ready(1);
  CHECK(lanes_of(late.take_dispatches()) == std::vector<std::size_t>{8});
  late.ready(0);
  CHECK(lanes_of(late.take_dispatches()) == std::vector<std::size_t>{4});
}

TEST_CASE("how far running packs are decides how the last one is cut") {
  const auto pieces_at = [](double time) {
    sweep::Coordinator coordinator({tail_pack("a", 0, 10), tail_pack("b", 10, 8), tail_pack("c", 18, 8)}, true);
    coordinator.ready(0);
    auto running = coordinator.take_dispatches();  // "a"
    coordinator.at(10);                            // one second for each operation
    end_pack(coordinator, running.at(0));
    running = coordinator.take_dispatches();  // "b"
    REQUIRE(running.at(0).pack.id == "b");
    coordinator.at(10 + time);
    coordinator.ready(1);
    return lanes_of(coordinator.take_dispatches());
  };
  CHECK(pieces_at(1) == std::vector<std::size_t>{8});  // the other worker is free too late to help
  CHECK(pieces_at(7.9) == std::vector<std::size_t>{4});
}

TEST_CASE("a pack that was tried before, or has a checkpoint, stays whole") {
  study::Pack kept = tail_pack("p", 0, 8);
  kept.has_checkpoint = true;
  sweep::Coordinator coordinator({kept}, true);
  for (std::size_t worker = 0; worker < 4; ++worker) coordinator.ready(worker);
  CHECK(lanes_of(coordinator.take_dispatches()) == std::vector<std::size_t>{8});
  coordinator.returned(0);
  CHECK(lanes_of(coordinator.take_dispatches()) == std::vector<std::size_t>{8});
}

TEST_CASE("a piece that fails is halved like any pack") {
  sweep::Coordinator coordinator({tail_pack("p", 0, 8)}, true);
  coordinator.ready(0);
  coordinator.ready(1);
  REQUIRE(lanes_of(coordinator.take_dispatches()) == std::vector<std::size_t>{4, 4});
  coordinator.failed(0, sweep::Failure::out_of_memory, "too big");
  CHECK(lanes_of(coordinator.take_dispatches()) == std::vector<std::size_t>{2});
  CHECK(coordinator.waiting() == 1);
}
