// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/record_keeper.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

/// Two trials, two workers, a ledger in memory, and a clock that the test sets.
struct Keeping {
  double now = 0;
  double append_takes = 0;
  bool is_disk_full = false;
  std::vector<std::vector<wire::EncodedRecord>> appends;
  RecordKeeper keeper{{"a", "b"},
                      2,
                      Tally{5, 0, 1},
                      [this](const std::vector<wire::EncodedRecord>& records) {
                        if (is_disk_full) throw SystemError("no space left");
                        now += append_takes;
                        appends.push_back(records);
                      },
                      [this] { return now; }};
};

/// A pack with these trials and two evaluations.
study::Pack pack_of(const std::vector<std::size_t>& trials, bool train = true) {
  study::Pack pack;
  for (const std::size_t trial : trials) pack.lanes.push_back({trial, train});
  std::vector<study::Evaluation> evaluations(2);
  evaluations[0].id = "e1";
  evaluations[1].id = "e2";
  pack.evaluations = study::EvaluationList(std::move(evaluations));
  return pack;
}

wire::EncodedRecord record_of(const std::string& trial, const std::string& evaluation = "",
                              wire::Status status = wire::Status::ok) {
  wire::EncodedRecord record;
  record.kind = evaluation.empty() ? wire::RecordKind::training : wire::RecordKind::evaluation;
  record.trial = trial;
  record.evaluation = evaluation;
  record.status = status;
  return record;
}

}  // namespace

TEST_CASE("a trial of another study is refused") {
  const Keeping keeping;
  CHECK(keeping.keeper.trial_of("b") == 1);
  CHECK_THROWS_WITH(keeping.keeper.trial_of("c"), "trial 'c' was not asked for");
}

TEST_CASE("a trial is done once all its records are saved, and not before") {
  Keeping keeping;
  keeping.keeper.expect(0, pack_of({0}));
  keeping.keeper.keep(record_of("a"));
  keeping.keeper.keep(record_of("a", "e1"));
  keeping.keeper.save();
  CHECK(keeping.keeper.tally().done == 5);
  keeping.keeper.keep(record_of("a", "e2"));
  CHECK(keeping.keeper.tally().done == 5);
  keeping.keeper.save();
  CHECK(keeping.keeper.tally().done == 6);
  CHECK(keeping.appends.size() == 2);
  keeping.keeper.keep(record_of("a", "e2"));  // a duplicate record does not count as another trial
  keeping.keeper.save();
  CHECK(keeping.keeper.tally().done == 6);
}

TEST_CASE("records of a failed attempt that are saved after the retry began do not stand for those of the retry") {
  Keeping keeping;
  keeping.keeper.expect(0, pack_of({0}));
  keeping.keeper.keep(record_of("a"));
  keeping.keeper.keep(record_of("a", "e1"));
  study::Pack left = pack_of({0}, false);
  left.evaluations = study::EvaluationList({left.evaluations[1]});
  keeping.keeper.expect(0, left);  // the worker was lost
  keeping.keeper.save();
  CHECK(keeping.keeper.tally().done == 5);
  SECTION("and the trial is done with the retry's") { keeping.keeper.keep(record_of("a", "e2")); }
  SECTION("nor is it done twice when the retry failed, too") {
    keeping.keeper.expect(1, left);
    keeping.keeper.keep(record_of("a", "e2"));
  }
  keeping.keeper.save();
  CHECK(keeping.keeper.tally().done == 6);
}

TEST_CASE("a loaded network needs no record of its training") {
  Keeping keeping;
  keeping.keeper.expect(1, pack_of({1}, false));
  keeping.keeper.keep(record_of("b", "e1"));
  keeping.keeper.keep(record_of("b", "e2"));
  keeping.keeper.save();
  CHECK(keeping.keeper.tally().done == 6);
}

TEST_CASE("a training that diverged ends its trial") {
  Keeping keeping;
  keeping.keeper.expect(0, pack_of({0}));
  keeping.keeper.keep(record_of("a", "", wire::Status::diverged));
  keeping.keeper.save();
  CHECK(keeping.keeper.tally().done == 6);
  CHECK(keeping.keeper.tally().diverged == 2);
}

TEST_CASE("records that are held are saved when their trial is whole") {
  Keeping keeping;
  keeping.keeper.expect(0, pack_of({0, 1}));
  keeping.keeper.hold(0, 0, record_of("a"));
  keeping.keeper.hold(0, 1, record_of("b"));
  CHECK_FALSE(keeping.keeper.has_unsaved());
  keeping.keeper.hold(0, 0, record_of("a", "e1"));
  keeping.keeper.release(0, 0);
  keeping.keeper.save();
  REQUIRE(keeping.appends.size() == 1);
  CHECK(keeping.appends[0].size() == 2);
  CHECK(keeping.appends[0][0].trial == "a");
  SECTION("what is held for a pack goes with it") {
    keeping.keeper.expect(0, pack_of({1}));
    keeping.keeper.release(0, 1);
    CHECK_FALSE(keeping.keeper.has_unsaved());
  }
}

TEST_CASE("a trial that is given up fails with a record of what it lacks") {
  Keeping keeping;
  keeping.keeper.expect(0, pack_of({0, 1}));
  CHECK(keeping.keeper.give_up({0, false, {}, "crashed"}));
  study::Evaluation metric, attack;
  metric.id = "e1";
  attack.id = "e2";
  attack.intensities = {0.1, 0.2};
  keeping.keeper.give_up({1, true, std::vector{metric, attack}, "crashed"});
  keeping.keeper.save();
  REQUIRE(keeping.appends[0].size() == 3);
  CHECK(keeping.appends[0][0].kind == wire::RecordKind::training);
  CHECK(keeping.appends[0][0].message == "crashed");
  CHECK(keeping.appends[0][2].evaluation == "e2");
  const wire::Record failed = wire::decode_record(keeping.appends[0][2].bytes);
  CHECK(failed.status == wire::Status::failed);
  CHECK(failed.intensities == std::vector<double>{0.1, 0.2});
  CHECK(keeping.keeper.tally().failed == 2);
  CHECK(keeping.keeper.tally().done == 5);
}

TEST_CASE("appends take at most a tenth of the time") {
  Keeping keeping;
  CHECK_FALSE(keeping.keeper.is_due());
  keeping.append_takes = 0.01;
  keeping.keeper.expect(0, pack_of({0}));
  keeping.keeper.keep(record_of("a"));
  CHECK(keeping.keeper.is_due());
  CHECK_FALSE(keeping.keeper.has_saved());
  keeping.keeper.save();
  CHECK(keeping.keeper.has_saved());
  keeping.keeper.keep(record_of("a", "e1"));
  CHECK_FALSE(keeping.keeper.is_due());
  keeping.now = 0.105;
  CHECK_FALSE(keeping.keeper.is_due());
  keeping.now = 0.12;
  CHECK(keeping.keeper.is_due());
}

TEST_CASE("on a full disk records wait, nothing is called failed, and the next try comes later") {
  Keeping keeping;
  keeping.keeper.expect(0, pack_of({0}));
  keeping.keeper.keep(record_of("a"));
  keeping.is_disk_full = true;
  CHECK_THROWS_AS(keeping.keeper.save(), SystemError);
  CHECK(keeping.keeper.has_unsaved());
  CHECK_FALSE(keeping.keeper.has_saved());
  CHECK_FALSE(keeping.keeper.give_up({1, false, {}, "crashed"}));
  CHECK(keeping.keeper.tally().failed == 0);
  CHECK_FALSE(keeping.keeper.is_due());
  keeping.now = 5;
  CHECK(keeping.keeper.is_due());
  keeping.is_disk_full = false;
  keeping.keeper.save();
  REQUIRE(keeping.appends.size() == 1);
  CHECK(keeping.appends[0].size() == 1);
}
