// SPDX-License-Identifier: MIT
#include "eigensweep/wire/failure.hpp"

#include <catch2/catch.hpp>
#include <new>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"

using namespace eigensweep;

TEST_CASE("a pack is blamed for its own errors alone") {
  CHECK(wire::reason_of(file::WriteError("full")) == std::string("output"));
  CHECK(wire::reason_of(DataError("truncated")) == std::string("data"));
  CHECK(wire::reason_of(std::bad_alloc()) == std::string("out_of_memory"));
  CHECK(wire::reason_of(SystemError("no such device")) == std::string("error"));
  CHECK(wire::reason_of(std::runtime_error("singular")) == std::string("error"));
}

TEST_CASE("a failure is told in one line") {
  const Json expected{{"type", "failed"}, {"pack", "p1"}, {"reason", "output"}, {"message", "x: cannot write"}};
  CHECK(wire::failed_frame("p1", wire::reason::output, "x: cannot write\nmore") == expected);
}
