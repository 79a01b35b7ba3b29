// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <filesystem>
#include <stdexcept>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "scratch.hpp"

using namespace eigensweep;

TEST_CASE("an atomic write leaves the old content or the new one") {
  const Scratch scratch;
  const auto path = scratch.path() / "a.txt";
  file::write_atomically(path, "one");
  file::write_atomically(path, "two");
  CHECK(file::read(path) == "two");
  CHECK_THROWS_AS(file::replace_atomically(path,
                                           [](const std::filesystem::path& temporary) {
                                             file::write_atomically(temporary, "half");
                                             throw std::runtime_error("killed");
                                           }),
                  std::runtime_error);
  CHECK(file::read(path) == "two");
  CHECK_FALSE(std::filesystem::exists(path.string() + ".tmp"));
}

TEST_CASE("a file that cannot be read or written says which and why") {
  CHECK_THROWS_WITH(file::read("/nonexistent/x"), "/nonexistent/x: cannot open: No such file or directory (error 2)");
  CHECK_THROWS_WITH(file::write_atomically("/nonexistent/x", ""),
                    "/nonexistent/x.tmp: cannot create: No such file or directory (error 2)");
}
