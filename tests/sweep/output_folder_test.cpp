// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/sweep/folder/output_folder.hpp"
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

TEST_CASE("a run of another host may live though its lock is free here") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  CHECK_FALSE(may_run_elsewhere(paths));
  { const OutputLock lock(paths); }
  CHECK_FALSE(may_run_elsewhere(paths));  // of this host
  file::write_atomically(paths.lock(), R"({"host": "elsewhere", "pid": 1, "since": "yesterday"})");
  CHECK(may_run_elsewhere(paths));
  CHECK_FALSE(lock_holder(paths));
  file::write_atomically(paths.lock(), "");  // a run ended in a file system without locks
  CHECK_FALSE(may_run_elsewhere(paths));
  const OutputLock lock(paths);
  CHECK_FALSE(may_run_elsewhere(paths));
}

TEST_CASE("an output folder has one name, however it is given") {
  const std::string here = std::filesystem::current_path().string();
  for (const char* given : {".", "./", "a/..", "a/../"}) CHECK(OutputPaths(given).folder() == here);
  for (const char* given : {"a", "a/", "./a/.", "b/../a//"}) CHECK(OutputPaths(given).folder() == here + "/a");
  CHECK(OutputPaths("/").folder() == "/");
}

namespace {

/// Does what a run does before and after it checks the data.
void begin(const OutputPaths& paths, const std::string& name, const Json& document,
           const std::filesystem::path& study_file) {
  prepare_output(paths, name, document, study_file);
  keep_study(paths, name, document, study_file);
}

}  // namespace

TEST_CASE("the results of another study are not mixed with this one's") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  const auto elsewhere = scratch.path() / "elsewhere.json";
  begin(paths, "one", {{"name", "one"}}, elsewhere);
  begin(paths, "one", {{"name", "one"}, {"seed", 3}}, elsewhere);
  CHECK(Json::parse(file::read(paths.study())).at("seed") == 3);
  CHECK_THROWS_WITH(begin(paths, "two", {{"name", "two"}}, elsewhere),
                    scratch.path().string() +
                        ": holds the results of the study 'one', not of 'two'; choose another --output, or remove that "
                        "folder");
  file::write_atomically(paths.study(), "{");
  CHECK_THROWS_AS(begin(paths, "one", {{"name", "one"}}, elsewhere), ConfigError);
}

TEST_CASE("a study file that a user wrote is never rewritten") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path() / "out");
  file::make_folder(paths.folder());
  const std::string by_hand = "{ \"name\":   \"one\" }";
  file::write_atomically(paths.study(), by_hand);
  // The study file may be the copy itself, by any path, or another file with the same study.
  begin(paths, "one", {{"name", "one"}}, paths.folder() / "." / "study.json");
  CHECK(file::read(paths.study()) == by_hand);
  begin(paths, "one", {{"name", "one"}}, scratch.path() / "elsewhere.json");
  CHECK(file::read(paths.study()) == by_hand);
  CHECK_THROWS_WITH(begin(paths, "one", {{"name", "one"}, {"seed", 3}}, "elsewhere.json"),
                    paths.study().string() +
                        ": was written by hand and differs from elsewhere.json (the copy of the study belongs there); "
                        "run that file, or move it to another place");
  CHECK(file::read(paths.study()) == by_hand);
}

TEST_CASE("an output that cannot be written says so in one line") {
  CHECK_THROWS_WITH(OutputLock(OutputPaths("/proc/nothing")),
                    "/proc/nothing/lock: cannot create: No such file or directory (error 2); make the output folder "
                    "writable or choose another --output");
}
