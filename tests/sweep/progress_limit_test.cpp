// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/sweep/schedule/progress_limit.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

wire::Progress progress(const std::string& pack, wire::Stage stage, const std::string& evaluation = "") {
  wire::Progress made;
  made.pack = pack;
  made.stage = stage;
  made.evaluation = evaluation;
  return made;
}

}  // namespace

TEST_CASE("a worker's progress goes on as often as its share of all workers allows") {
  ProgressLimit limit(500);  // half a second each
  const wire::Progress training = progress("a", wire::Stage::train);
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += limit.passes(0, training, 0.25 * i) ? 1 : 0;
  CHECK(passed == 50);
  CHECK(limit.passes(1, training, 0.1));  // of another worker
}

TEST_CASE("the start of a stage, an evaluation or a pack always goes on") {
  ProgressLimit limit(1000);
  CHECK(limit.passes(0, progress("a", wire::Stage::train), 0.0));
  CHECK_FALSE(limit.passes(0, progress("a", wire::Stage::train), 0.1));
  CHECK(limit.passes(0, progress("a", wire::Stage::evaluate, "1"), 0.2));
  CHECK(limit.passes(0, progress("a", wire::Stage::evaluate, "2"), 0.3));
  CHECK_FALSE(limit.passes(0, progress("a", wire::Stage::evaluate, "2"), 0.4));
  CHECK(limit.passes(0, progress("b", wire::Stage::train), 0.5));
  CHECK_FALSE(limit.passes(0, progress("b", wire::Stage::train), 1.4));
  CHECK(limit.passes(0, progress("b", wire::Stage::train), 1.5));
}
