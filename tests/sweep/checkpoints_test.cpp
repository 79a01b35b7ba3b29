// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/checkpoints.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "eigensweep/core/file.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/sweep/folder/ownership.hpp"
#include "scratch.hpp"

using namespace eigensweep;

namespace {

std::string with_header(const std::string& header, std::uint64_t length) {
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header;
}

std::string checkpoint_of(const std::vector<std::string>& trials) {
  const std::string header = Json{{"__metadata__", {{"position", Json{{"trials", trials}}.dump()}}}}.dump();
  return with_header(header, header.size()) + "tensors";
}

}  // namespace

TEST_CASE("the trials of checkpoints are read from their headers, and what is none is left out") {
  const Scratch scratch;
  const auto folder = scratch.path();
  CHECK(sweep::checkpointed_trials(folder / "nowhere").empty());
  file::write_atomically(folder / "b.safetensors", checkpoint_of({"3", "1"}));
  file::write_atomically(folder / "a.safetensors", checkpoint_of({"4"}));
  file::write_atomically(folder / "empty.safetensors", "");
  file::write_atomically(folder / "short.safetensors", "1234567");
  file::write_atomically(folder / "long.safetensors", with_header("{}", 1ULL << 60));
  file::write_atomically(folder / "text.safetensors", with_header("no json", 7));
  file::write_atomically(folder / "other.safetensors", with_header(R"({"__metadata__":{"position":"[1]"}})", 35));
  file::write_atomically(folder / "twice.safetensors", checkpoint_of({"5", "5"}));
  file::write_atomically(folder / "c.tmp", checkpoint_of({"9"}));
  CHECK(sweep::checkpointed_trials(folder) == std::vector<std::vector<std::string>>{{"3", "1"}, {"4"}});
}

TEST_CASE("a run that has ended removes the checkpoints of its own trials, and none with a trial of another study") {
  const Scratch scratch;
  const sweep::OutputPaths paths(scratch.path());
  file::make_folder(paths.checkpoints());
  const auto write = [&](char name, const std::string& content) {
    file::write_atomically(paths.checkpoint(std::string(16, name)), content);
  };
  write('a', checkpoint_of({"1", "2"}));
  write('b', checkpoint_of({"3"}));
  write('c', checkpoint_of({"2", "3"}));
  write('d', "no checkpoint");
  sweep::remove_checkpoints(paths, {"1", "2"});
  CHECK(sweep::checkpointed_trials(paths.checkpoints()) == std::vector<std::vector<std::string>>{{"2", "3"}, {"3"}});
  CHECK_FALSE(std::filesystem::exists(paths.checkpoint(std::string(16, 'd'))));
  sweep::remove_checkpoints(paths, {"1", "2", "3"});
  CHECK_FALSE(std::filesystem::exists(paths.checkpoints()));
}
