// SPDX-License-Identifier: MIT
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <random>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/results/read/reader.hpp"
#include "scratch.hpp"
#include "small_study.hpp"

using namespace eigensweep;

namespace {

results::RecordStore store_of_generation(int generation) {
  results::RecordStore store;
  for (wire::Record& record : small_records(small_study())) {
    record.message = std::to_string(generation);
    store.add(std::move(record));
  }
  return store;
}

[[noreturn]] void write_for_ever(const std::filesystem::path& file, int first) {
  for (int generation = first;; ++generation)
    results::write_results(file, small_study(), small_catalog(), store_of_generation(generation), Json::object());
}

}  // namespace

TEST_CASE("the file is whole at every instant, however often its writer is killed") {
  const Scratch scratch;
  const auto file = scratch.path() / "results.h5";
  results::write_results(file, small_study(), small_catalog(), store_of_generation(0), Json::object());
  std::mt19937 random(3);
  int newest = 0;
  for (int round = 0; round < 50; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) write_for_ever(file, newest + 1);
    ::usleep(static_cast<useconds_t>(random() % 30000));
    const results::ResultsFile during(file);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const results::ResultsFile& found : {results::ResultsFile(file)}) {
      const results::Variable messages = found.read("message");
      const int generation = std::stoi(messages.texts[0]);
      REQUIRE(generation >= newest);
      newest = generation;
      REQUIRE(found.read("attacks/robust_accuracy").numbers[0] ==
              value_for(small_study().trials[small_study().cells[0].trial].id, "fgsm/robust_accuracy", 0));
    }
    REQUIRE(during.read("spectrum/eigenvalues").numbers.size() == small_study().cells.size() * 2 * 6);
  }
}

TEST_CASE("a full disk is a SystemError, and the old file stays") {
  const Scratch scratch;
  const auto file = scratch.path() / "results.h5";
  results::write_results(file, small_study(), small_catalog(), store_of_generation(0), Json::object());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  for (const rlim_t room : {rlim_t{0}, rlim_t{100}, rlim_t{5000}, rlim_t{20000}}) {
    rlimit small = before;
    small.rlim_cur = room;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string message;
    try {
      results::write_results(file, small_study(), small_catalog(), store_of_generation(1), Json::object());
    } catch (const SystemError& error) {
      message = error.what();
    }
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK_THAT(message, Catch::StartsWith(file.string() + ": cannot "));
    CHECK_THAT(message, Catch::EndsWith(": File too large; make the place writable with space left, then run the same "
                                        "command again"));
    CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
    CHECK(results::ResultsFile(file).read("message").texts[0] == "0");
  }
  results::write_results(file, small_study(), small_catalog(), store_of_generation(2), Json::object());
  CHECK(results::ResultsFile(file).read("message").texts[0] == "2");
}

TEST_CASE("an output that cannot be written is a SystemError") {
  const Scratch scratch;
  const auto file = scratch.path() / "nowhere" / "results.h5";
  CHECK_THROWS_WITH(results::write_results(file, small_study(), small_catalog(), {}, Json::object()),
                    file.string() + ": cannot create: No such file or directory (error 2)");
}
