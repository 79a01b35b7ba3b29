// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/run/publisher.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "eigensweep/core/error.hpp"

using namespace eigensweep;
using sweep::Publisher;

namespace {

/// A publisher whose publications end when the test decides.
struct Press {
  int begun = 0;
  int printed_here = 0;  ///< publications in the caller's thread
  std::promise<Publisher::Warnings> running;
  Publisher publisher{[this]() -> Publisher::Warnings {
                        ++printed_here;
                        return {};
                      },
                      [this](const Publisher::Publish&) {
                        ++begun;
                        running = {};
                        return running.get_future();
                      }};

  void end() { running.set_value({"one record is of an older build"}); }
  void fail() { running.set_exception(std::make_exception_ptr(SystemError("no space left"))); }
};

}  // namespace

TEST_CASE("results.h5 is made after half a minute, and while that lasts no second one is begun") {
  Press press;
  press.publisher.turn(29, true);
  CHECK(press.begun == 0);
  press.publisher.turn(30, true);
  CHECK(press.begun == 1);
  press.publisher.has_news();
  CHECK_FALSE(press.publisher.turn(1000, true));
  CHECK(press.begun == 1);
  press.end();
  CHECK(press.publisher.turn(1001, true) == 971.0);
}

TEST_CASE("publishing takes a twentieth of the time at most") {
  Press press;
  press.publisher.turn(30, true);
  press.end();
  CHECK(press.publisher.turn(40, true) == 10.0);
  press.publisher.has_news();
  press.publisher.turn(239, true);
  CHECK(press.begun == 1);
  press.publisher.turn(240, true);
  CHECK(press.begun == 2);
}

TEST_CASE("without news, or in a drain, nothing is published") {
  Press press;
  press.publisher.turn(30, true);
  press.end();
  press.publisher.turn(31, true);
  press.publisher.turn(100, true);
  CHECK(press.begun == 1);
  press.publisher.has_news();
  press.publisher.turn(100, false);
  CHECK(press.begun == 1);
}

TEST_CASE("what comes in while results.h5 is made is published at the end") {
  Press press;
  press.publisher.turn(30, true);
  press.publisher.has_news();
  press.end();
  CHECK(press.publisher.finish(32) == 2.0);
  CHECK_FALSE(press.publisher.finish(33));
  press.publisher.publish_last();
  CHECK(press.printed_here == 1);
}

TEST_CASE("what is shown already is not published again") {
  Press press;
  press.publisher.turn(30, true);
  press.end();
  press.publisher.finish(32);
  press.publisher.publish_last();
  CHECK(press.printed_here == 0);
}

TEST_CASE("a publication that fails is tried again") {
  Press press;
  press.publisher.turn(30, true);
  press.fail();
  CHECK(press.publisher.turn(31, true) == 1.0);
  press.publisher.turn(61, true);
  CHECK(press.begun == 2);
  press.fail();
  press.publisher.finish(62);
  press.publisher.publish_last();
  CHECK(press.printed_here == 1);
}

TEST_CASE("the last publication says why it failed, and a real one runs in a thread") {
  Publisher broken([]() -> Publisher::Warnings { throw SystemError("no space left"); });
  CHECK_THROWS_AS(broken.publish_last(), SystemError);
  int published = 0;
  Publisher real([&published]() -> Publisher::Warnings {
    ++published;
    return {};
  });
  real.turn(30, true);
  real.finish(31);
  CHECK(published == 1);
}
