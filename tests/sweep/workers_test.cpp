// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/workers.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "eigensweep/wire/codec.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

/// Records the requests to the workers of its rank.
class NotedWorkers : public RankWorkers {
 public:
  void give(std::size_t slot, const wire::Bytes& task) override {
    notes.push_back(fmt::format("give {} {}", slot, task.size()));
  }
  void doubt(std::size_t slot, double seconds) override { notes.push_back(fmt::format("doubt {} {}", slot, seconds)); }
  void drain() override { notes.emplace_back("drain"); }
  void kill() override { notes.emplace_back("kill"); }

  std::vector<std::string> notes;
};

/// Rank 0 with two workers, rank 1 with one, rank 2 with two.
struct ThreeRanks {
  NotedWorkers own;
  std::map<int, std::vector<wire::ToFollower>> sent;
  Workers workers{places(), 3, own, [this](int rank, const wire::Bytes& frames) {
                    for (wire::ToFollower& message : wire::unframed_all<wire::ToFollower>(frames)) {
                      sent[rank].push_back(std::move(message));
                    }
                  }};

  static std::vector<wire::WorkerPlace> places() {
    std::vector<wire::WorkerPlace> all;
    for (const auto& [rank, slot] : std::vector<std::pair<int, std::size_t>>{{0, 0}, {0, 1}, {1, 0}, {2, 0}, {2, 1}}) {
      wire::WorkerPlace place;
      place.rank = rank;
      place.slot = slot;
      all.push_back(place);
    }
    return all;
  }
};

using Notes = std::vector<std::string>;

}  // namespace

TEST_CASE("a worker is known by its rank and slot") {
  const ThreeRanks job;
  CHECK(job.workers.size() == 5);
  CHECK(job.workers.index_of(0, 1) == 1);
  CHECK(job.workers.index_of(1, 0) == 2);
  CHECK(job.workers.index_of(2, 1) == 4);
}

TEST_CASE("a word to a worker goes to its supervisor, here or on another rank") {
  ThreeRanks job;
  job.workers.give(1, {1, 2, 3});
  job.workers.doubt(0, 20.5);
  CHECK(job.own.notes == Notes{"give 1 3", "doubt 0 20.5"});
  CHECK(job.sent.empty());

  job.workers.give(4, {4, 5});
  job.workers.doubt(2, 30);
  CHECK(job.own.notes.size() == 2);
  REQUIRE(job.sent[2].size() == 1);
  const auto* give = std::get_if<wire::Give>(&job.sent[2][0]);
  REQUIRE(give != nullptr);
  CHECK(give->slot == 1);
  CHECK(give->bytes == wire::Bytes{4, 5});
  REQUIRE(job.sent[1].size() == 1);
  const auto* doubt = std::get_if<wire::Doubt>(&job.sent[1][0]);
  REQUIRE(doubt != nullptr);
  CHECK(doubt->slot == 0);
  CHECK(doubt->seconds == 30);
}

TEST_CASE("a word to all workers goes to every rank") {
  ThreeRanks job;
  job.workers.drain();
  job.workers.kill();
  CHECK(job.own.notes == Notes{"drain", "kill"});
  for (const int rank : {1, 2}) {
    REQUIRE(job.sent[rank].size() == 2);
    CHECK(std::holds_alternative<wire::Drain>(job.sent[rank][0]));
    CHECK(std::holds_alternative<wire::Kill>(job.sent[rank][1]));
  }
}

TEST_CASE("what is said to ranks is not said to this one") {
  ThreeRanks job;
  job.workers.tell_ranks(wire::framed(wire::Alive{}));
  CHECK(job.own.notes.empty());
  CHECK(job.sent.count(0) == 0);
  CHECK(std::holds_alternative<wire::Alive>(job.sent.at(1).at(0)));
  CHECK(std::holds_alternative<wire::Alive>(job.sent.at(2).at(0)));
}
