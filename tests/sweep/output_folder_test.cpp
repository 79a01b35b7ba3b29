// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/sweep/output_folder.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

TEST_CASE("a second run on one output is refused and names the first; a dead one's lock is free") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  CHECK_FALSE(lock_holder(paths));
  {
    const OutputLock lock(paths);
    CHECK_FALSE(lock.is_advisory());
    REQUIRE(lock_holder(paths));
    CHECK(lock_holder(paths)->pid == ::getpid());
    CHECK_THROWS_WITH(OutputLock(paths), Catch::StartsWith(fmt::format("{}: another run writes here (process {} on ",
                                                                       scratch.path().string(), ::getpid())) &&
                                             Catch::EndsWith("wait for it, stop it, or choose another --output"));
  }
  CHECK_FALSE(lock_holder(paths));
  file::write_atomically(paths.lock(), "{\"host\": \"elsewh");
  const OutputLock again(paths);
}

TEST_CASE("the results of another study are not mixed with this one's") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  prepare_output(paths, "one");
  keep_study(paths, {{"name", "one"}});
  prepare_output(paths, "one");
  keep_study(paths, {{"name", "one"}, {"seed", 3}});
  CHECK(Json::parse(file::read(paths.study())).at("seed") == 3);
  CHECK_THROWS_WITH(prepare_output(paths, "two"),
                    scratch.path().string() +
                        ": holds the results of the study 'one', not of 'two'; choose another --output, or remove that "
                        "folder");
  file::write_atomically(paths.study(), "{");
  CHECK_THROWS_AS(prepare_output(paths, "one"), ConfigError);
}

TEST_CASE("an output that cannot be written says so in one line") {
  CHECK_THROWS_WITH(OutputLock(OutputPaths("/proc/nothing")),
                    "/proc/nothing/lock: cannot create: No such file or directory (error 2); make the output folder "
                    "writable or choose another --output");
}

TEST_CASE("what a killed run left half written is removed before the next one, and nothing else") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  prepare_output(paths, "one");
  const std::vector<std::filesystem::path> kept{paths.ledger(), paths.results(), paths.model("t"),
                                                paths.checkpoint("p")};
  const std::vector<std::filesystem::path> left{
      paths.results().string() + ".tmp", paths.model("t").string() + ".tmp", paths.checkpoint("p").string() + ".tmp",
      scratch.path() / ".seen-node-12",  scratch.path() / ".probe-node-13",  scratch.path() / ".seen-node-12.tmp"};
  for (const auto& path : kept) file::write_atomically(path, "x");
  for (const auto& path : left) file::write_atomically(path, "x");
  prepare_output(paths, "one");
  for (const auto& path : kept) CHECK(std::filesystem::exists(path));
  for (const auto& path : left) CHECK_FALSE(std::filesystem::exists(path));
}
