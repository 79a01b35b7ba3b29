// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/core/duration.hpp"

using eigensweep::text::clock_duration;
using eigensweep::text::parse_duration;

TEST_CASE("a time span is read as people and SLURM write it") {
  CHECK(parse_duration("3600") == 3600.0);
  CHECK(parse_duration("0.5") == 0.5);
  CHECK(parse_duration("90m") == 5400.0);
  CHECK(parse_duration("1h30m") == 5400.0);
  CHECK(parse_duration("1.5h") == 5400.0);
  CHECK(parse_duration("2d") == 172800.0);
  CHECK(parse_duration("45s") == 45.0);
  CHECK(parse_duration("30:00") == 1800.0);
  CHECK(parse_duration("2:00:00") == 7200.0);
  CHECK(parse_duration("1-12:00:00") == 129600.0);
  CHECK(parse_duration("1-12") == 129600.0);
  CHECK(parse_duration("1-00:30") == 88200.0);
}

TEST_CASE("what is no time span is nothing") {
  for (const char* text : {"", "soon", "-5", "1:2:3:4", "1m2h", "1h 30m", "5x", "1:", ":30", "1-2-3", "UNLIMITED",
                           "INVALID", "NOT_SET", "1e400", "nan", "inf", "1h1h", "m", "3,5h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("a time span is written as sbatch reads it") {
  CHECK(clock_duration(7200) == "02:00:00");
  CHECK(clock_duration(0.2) == "00:00:01");
  CHECK(clock_duration(129600 + 61) == "1-12:01:01");
}
