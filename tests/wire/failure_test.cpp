// SPDX-License-Identifier: MIT
#include "eigensweep/wire/failure.hpp"

#include <catch2/catch.hpp>
#include <new>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"

using namespace eigensweep;

TEST_CASE("a pack is blamed for its own errors alone") {
  CHECK(wire::reason_of(file::WriteError("full")) == wire::Reason::output);
  CHECK(wire::reason_of(DataError("truncated")) == wire::Reason::data);
  CHECK(wire::reason_of(std::bad_alloc()) == wire::Reason::out_of_memory);
  CHECK(wire::reason_of(SystemError("no such device")) == wire::Reason::error);
  CHECK(wire::reason_of(std::runtime_error("singular")) == wire::Reason::error);
}

TEST_CASE("a failure is told in one line") {
  const wire::Failed failed = wire::failed("p1", wire::Reason::output, "x: cannot write\nmore");
  CHECK(failed.pack == "p1");
  CHECK(failed.reason == wire::Reason::output);
  CHECK(failed.message == "x: cannot write");
}
