// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/results/read/reader.hpp"
#include "eigensweep/results/show/summary.hpp"
#include "scratch.hpp"
#include "small_study.hpp"

using namespace eigensweep;
using results::ResultsFile;

namespace {

void write_raw(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

std::string complaint(const std::filesystem::path& file) {
  try {
    const ResultsFile opened(file);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file that is missing, empty, text or truncated is refused in one line") {
  const Scratch scratch;
  const auto file = scratch.path() / "results.h5";
  CHECK(complaint(file) == file.string() + ": does not exist; name the results.h5 of an output folder");
  const std::string advice = "; 'eigensweep collect' on its folder makes it anew from the ledger";
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);  // nobody writes it
  CHECK(complaint(file) == file.string() + ": is a FIFO, not a file; name the results.h5 of an output folder");
  std::filesystem::remove(file);
  write_raw(file, "");
  CHECK_THAT(complaint(file),
             Catch::StartsWith(file.string() + ": is no HDF5 file or a damaged one: ") && Catch::EndsWith(advice));
  write_raw(file, "trial,accuracy\n1,0.5\n");
  CHECK_THAT(complaint(file),
             Catch::StartsWith(file.string() + ": is no HDF5 file or a damaged one: ") && Catch::EndsWith(advice));
  write_raw(file, R"({"name": "a"})");
  CHECK(complaint(file) ==
        file.string() + ": is JSON, as a study is, not results; name the results.h5 of an output folder");
  results::write_results(file, small_study(), small_catalog(), small_store(small_study()), Json::object());
  const std::string whole = file::read(file);
  for (const std::size_t part : {1, 2, 5, 9}) {
    write_raw(file, whole.substr(0, whole.size() * part / 10));
    CHECK_THAT(complaint(file), Catch::StartsWith(file.string() + ": is no HDF5 file or a damaged one: ") &&
                                    Catch::EndsWith(advice) && !Catch::Contains("\n"));
  }
}

TEST_CASE("an HDF5 file of another program, or of a newer format, is refused") {
  const Scratch scratch;
  const auto file = scratch.path() / "results.h5";
  results::write_results(file, small_study(), small_catalog(), small_store(small_study()), Json::object());
  const std::string whole = file::read(file);
  std::string other = whole;
  const std::size_t place = other.find("eigensweep-results");
  REQUIRE(place != std::string::npos);
  other.replace(place, 10, "somethings");
  write_raw(file, other);
  CHECK(complaint(file) ==
        file.string() + ": is no results file of eigensweep; name the results.h5 of an output folder");
}

TEST_CASE("what is not in the file is said by name") {
  const Scratch scratch;
  const auto path = scratch.path() / "results.h5";
  results::write_results(path, small_study(), small_catalog(), {}, Json::object());
  const ResultsFile file(path);
  CHECK_FALSE(file.has("spectrum/nothing"));
  CHECK_THROWS_AS(file.read("spectrum/nothing"), DataError);
  CHECK(file.attribute("/", "nothing").empty());
  CHECK(file.groups() == std::vector<std::string>{"history", "attacks", "accuracy", "spectrum"});
}
