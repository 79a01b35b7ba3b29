// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/silence.hpp"

#include <catch2/catch.hpp>

using namespace eigensweep;
using sweep::Silence;
using wire::Stage;

TEST_CASE("a stage that nobody has finished may take half an hour, or what another stage's rate predicts") {
  Silence silence;
  CHECK(silence.allowed({Stage::train, "", 1e12, 0}) == Silence::unknown);
  silence.measured({Stage::train, "", 1e9, 0}, 1);  // 1 GFLOP/s
  CHECK(silence.allowed({Stage::evaluate, "spectrum", 1e9, 0}) == Silence::unknown);
  CHECK(silence.allowed({Stage::evaluate, "spectrum", 1e12, 0}) == Approx(20 * 1000));
  CHECK(silence.allowed({Stage::evaluate, "spectrum", 1e9, 0}, 3) == Silence::unknown);
}

TEST_CASE("a stage of known rate may take a generous factor of what is predicted, and no less than a floor") {
  Silence silence;
  silence.measured({Stage::train, "", 1e9, 0}, 0.01);
  CHECK(silence.allowed({Stage::train, "", 1e9, 0}) == Silence::floor);
  CHECK(silence.allowed({Stage::train, "", 1e12, 0}) == Approx(20 * 10));
  SECTION("one stretch that took very long changes the mean a little") {
    for (int i = 0; i < 98; ++i) silence.measured({Stage::train, "", 1e9, 0}, 0.01);
    silence.measured({Stage::train, "", 1e9, 0}, 1.01);
    CHECK(silence.allowed({Stage::train, "", 1e12, 0}) == Approx(20 * 20));
  }
  SECTION("what a large pack writes takes its time") {
    CHECK(silence.allowed({Stage::train, "", 1e9, 4e9}) == Approx(Silence::floor + 200));
  }
  SECTION("work that was taken for hung may take longer the next time") {
    CHECK(silence.allowed({Stage::train, "", 1e9, 0}, 1) == Silence::floor * 4);
    CHECK(silence.allowed({Stage::train, "", 1e9, 0}, 2) == Silence::floor * 16);
  }
}

TEST_CASE("a start is measured by the clock, unless it is a training in closed form") {
  Silence silence;
  silence.measured({Stage::start, "", 0, 0}, 0.5);
  CHECK(silence.allowed({Stage::start, "", 0, 0}) == Silence::start);
  CHECK(silence.allowed({Stage::start, "", 1e9, 0}) == Silence::unknown);
  silence.measured({Stage::start, "", 0, 0}, 30);
  CHECK(silence.allowed({Stage::start, "", 0, 0}) == Approx(600));
  silence.measured({Stage::start, "", 1e9, 0}, 10);
  CHECK(silence.allowed({Stage::start, "", 1e9, 0}) == Approx(600));  // the data may have to be loaded again
  CHECK(silence.allowed({Stage::start, "", 1e10, 0}) == Approx(2000));
}

TEST_CASE("a start of a shape or dataset that nobody has finished may take half an hour, however short others were") {
  Silence silence;
  const auto start_of = [](std::size_t group, std::size_t lanes, bool continues = false, double flops = 0) {
    return sweep::Stretch{Stage::start, "", flops, 0, group, lanes, continues};
  };
  silence.measured(start_of(0, 8), 2);
  CHECK(silence.allowed(start_of(0, 8)) == Silence::start);
  CHECK(silence.allowed(start_of(1, 8)) == Silence::unknown);
  SECTION("a start from a checkpoint tells nothing about one without") {
    silence.measured(start_of(1, 8, true), 5);
    CHECK(silence.allowed(start_of(1, 8)) == Silence::unknown);
    CHECK(silence.allowed(start_of(1, 8, true)) == Silence::unknown);
  }
  SECTION("once it is known, it may take a generous factor of the longest start") {
    silence.measured(start_of(1, 8), 300);
    CHECK(silence.allowed(start_of(1, 8)) == Approx(6000));
    CHECK(silence.allowed(start_of(0, 8)) == Approx(6000));  // a new worker loads the data again
  }
  SECTION("a larger pack of the same shape may take longer in proportion") {
    CHECK(silence.allowed(start_of(0, 16)) == Approx(80));
    CHECK(silence.allowed(start_of(0, 2)) == Silence::start);
  }
  SECTION("so does a training in closed form, or what the slowest rate predicts") {
    silence.measured(start_of(2, 1, false, 1e9), 1);
    CHECK(silence.allowed(start_of(3, 1, false, 1e9)) == Silence::unknown);
    CHECK(silence.allowed(start_of(3, 1, false, 1e12)) == Approx(20 * 1000));
  }
}

TEST_CASE("in a study whose steps slow down tenfold, no step is ever taken for a hang") {
  // In virtual time: steps of a pack four times as large, on a node that becomes busier and busier.
  Silence silence;
  double pace = 2e-9;  // seconds per operation
  silence.measured({Stage::train, "", 1e9, 0}, 1e9 * pace);
  for (int step = 0; step < 200; ++step) {
    pace *= 1.05;
    const double takes = 4e9 * pace;
    CHECK(takes < silence.allowed({Stage::train, "", 4e9, 0}));
    silence.measured({Stage::train, "", 4e9, 0}, takes);
  }
}

TEST_CASE("a worker's first word is waited for as long as others took, generously, and never longer than was given") {
  CHECK(Silence::until_hello(300, 0) == 300);
  CHECK(Silence::until_hello(300, 0.5) == Silence::start);
  CHECK(Silence::until_hello(300, 10) == Approx(200));
  CHECK(Silence::until_hello(300, 100) == 300);
  CHECK(Silence::until_hello(0.3, 0.1) == Approx(0.3));
}
