// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/sweep/schedule/rank_watch.hpp"

using eigensweep::sweep::RankWatch;

namespace {

/// Calls look() every second from `begin` to `end`. Returns all that it finds.
std::vector<int> looks(RankWatch& watch, double begin, double end) {
  std::vector<int> all;
  for (double now = begin; now <= end; now += 1) {
    for (const int rank : watch.look(now)) all.push_back(rank);
  }
  return all;
}

}  // namespace

TEST_CASE("a rank that says nothing for longer than it may is found once") {
  RankWatch watch(1, 3, 10);
  for (double now = 0; now < 30; now += 1) {
    watch.heard(1, now);
    CHECK(watch.look(now) == (now == 11 ? std::vector<int>{2} : std::vector<int>{}));
  }
  CHECK(watch.is_silent(2));
  CHECK_FALSE(watch.is_silent(1));
}

TEST_CASE("time in which nobody listened is no silence of a rank") {
  RankWatch watch(1, 2, 10);
  CHECK(looks(watch, 0, 8).empty());
  // This process was stopped for 100 seconds. The other one still has two seconds left, as before.
  CHECK(watch.look(108).empty());
  CHECK(looks(watch, 109, 110).empty());
  CHECK(looks(watch, 111, 111) == std::vector<int>{1});
}

TEST_CASE("a word that was heard during an absence counts from when it was heard") {
  RankWatch watch(1, 2, 10);
  CHECK(looks(watch, 0, 8).empty());
  watch.heard(1, 108);
  CHECK(watch.look(108).empty());
  CHECK(looks(watch, 109, 118).empty());
}
