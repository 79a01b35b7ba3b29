// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/ownership.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/core/temporary.hpp"
#include "eigensweep/wire/ledger.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;
namespace fs = std::filesystem;

namespace {

constexpr const char* id = "0123456789abcdef";
constexpr const char* lock = R"({"host": "node", "pid": 12, "since": "2026-01-01T00:00:00Z"})";
constexpr const char* temporary = ".eigensweep-tmp-status.json-0123456789abcdef";

using Content = std::map<std::string, std::string>;

/// All files and folders below a folder; the names of folders end with a slash.
Content content_of(const fs::path& folder) {
  Content content;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_directory()) {
      content[name + '/'] = "";
    } else {
      content[name] = file::read(entry.path());
    }
  }
  return content;
}

void fill(const fs::path& folder, const Content& content) {
  file::make_folder(folder);
  for (const auto& [name, text] : content) {
    file::make_folder((folder / name).parent_path());
    if (!name.ends_with('/')) file::write_atomically(folder / name, text);
  }
}

std::string refusal(const OutputPaths& paths, const fs::path& study_file = "") {
  try {
    check_ownership(paths, study_file);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a folder that holds anything of somebody else's is no output folder") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path() / "out");
  const Content ours{{"lock", lock}, {"study.json", "{}"}};
  const auto with = [](Content content, const Content& more) {
    content.insert(more.begin(), more.end());
    return content;
  };
  for (const Content& content : {
           Content{{"notes.txt", "x"}},
           Content{{".hidden", "x"}},
           Content{{"empty/", ""}},
           // Only names of ours, without evidence that we wrote the files.
           Content{{"study.json", "{}"}},
           Content{{"results.h5", "x"}},
           Content{{"lock", ""}},
           Content{{"lock", "somebody's"}},
           Content{{"models/", ""}, {"logs/", ""}, {"checkpoints/resnet.pt", "x"}},
           Content{{"job.sbatch", "#!/bin/sh\nsrun other"}},
           Content{{"ledger.bin", "x"}},
           Content{{"ledger.bin/", ""}},
           Content{{".eigensweep", "settings of mine"}},
           Content{{".eigensweep/", ""}},
           Content{{"x.tmp", "x"}},
           // A lock that an earlier version left in a user's folder before it refused the folder.
           with(ours, {{"notes.txt", "x"}}),
           with(ours, {{"checkpoints/resnet-epoch-90.safetensors", "x"}}),
           with(ours, {{"models/bert.safetensors", "x"}}),
           with(ours, {{"models/big.tmp", "x"}}),
       }) {
    fs::remove_all(paths.folder());
    fill(paths.folder(), content);
    const Content before = content_of(paths.folder());
    CAPTURE(content.begin()->first, content.rbegin()->first);
    CHECK_THAT(refusal(paths, scratch.path() / "study.json"),
               Catch::StartsWith(paths.folder().string() + ": holds '") &&
                   Catch::EndsWith("is no output folder of eigensweep (a run would put its files among them, and "
                                   "replace what has the name of one); choose another --output, one that is empty or "
                                   "not there yet"));
    CHECK(content_of(paths.folder()) == before);
  }
}

TEST_CASE("a refusal names what lies there, three of many") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  const std::vector<std::pair<std::string, std::string>> lists{{"d", "holds 'd', "},
                                                               {"c", "holds 'c' and 'd', "},
                                                               {"b", "holds 'b', 'c' and 'd', "},
                                                               {"a", "holds 'a', 'b', 'c' and 1 more, "}};
  for (const auto& [name, expected] : lists) {
    fill(paths.folder(), {{name, "x"}});
    CHECK_THAT(refusal(paths), Catch::Contains(expected));
  }
}

TEST_CASE("a folder that is missing, empty, ours, or holds the study alone is taken") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path() / "out");
  CHECK(refusal(paths) == "");
  const Content old{{"lock", lock},
                    {"study.json", "{}"},
                    {"status.json", "{}"},
                    {"results.h5", "x"},
                    {"logs/worker-0-0.log", "x"},
                    {"job-17.log", "x"},
                    {fmt::format("models/{}.safetensors", id), "x"},
                    {fmt::format("models/{}.safetensors.tmp", id), "x"},
                    {fmt::format("checkpoints/{}.safetensors", id), "x"},
                    {fmt::format("checkpoints/{}.r0.1.12.safetensors", id), "x"}};
  for (const Content& content : {
           Content{}, Content{{"lost+found/", ""}}, Content{{temporary, "x"}},  // killed in its first write
           Content{{".eigensweep", ""}, {"notes.txt", "x"}},
           Content{{".eigensweep", "This folder"}, {"notes.txt", "x"}}, old, Content{{"lock", lock}},
           Content{{"job.sbatch", "#!/bin/bash\nEIGENSWEEP=eigensweep"},
                   {"job-17.log", ""}},  // its job still waits in the queue
       }) {
    fs::remove_all(paths.folder());
    fill(paths.folder(), content);
    CHECK(refusal(paths) == "");
  }
  // Our ledger, with other files beside it.
  fs::remove_all(paths.folder());
  fill(paths.folder(), {{"notes.txt", "x"}});
  { const wire::Ledger ledger(paths.ledger()); }
  CHECK(refusal(paths) == "");
  // Only the study file, by its own name or through a link.
  fs::remove_all(paths.folder());
  fill(paths.folder(), {{"mine.json", "{}"}});
  fs::create_symlink(paths.folder() / "mine.json", scratch.path() / "link.json");
  CHECK(refusal(paths, paths.folder() / "mine.json") == "");
  CHECK(refusal(paths, scratch.path() / "link.json") == "");
  CHECK(refusal(paths, scratch.path() / "other.json") != "");
  fill(paths.folder(), {{"notes.txt", "x"}});
  CHECK_THAT(refusal(paths, paths.folder() / "mine.json"), Catch::Contains("holds 'notes.txt', "));
}

TEST_CASE("a marked folder stays ours, and marking it twice changes nothing") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  mark_as_ours(paths);
  const Content before = content_of(scratch.path());
  CHECK(before.size() == 1);
  mark_as_ours(paths);
  CHECK(content_of(scratch.path()) == before);
  fill(scratch.path(), {{"notes.txt", "x"}});
  CHECK(refusal(paths) == "");
  const auto nowhere = scratch.path() / "nowhere";
  CHECK_THROWS_WITH(mark_as_ours(OutputPaths(nowhere)),
                    nowhere.string() +
                        ": cannot write there: No such file or directory (error 2); make it writable or "
                        "choose another --output");
}

TEST_CASE("what killed runs left half written is removed, and nothing of anybody else") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  const auto half = [](const std::string& name) { return fmt::format(".eigensweep-tmp-{}-00000000000000ff", name); };
  const std::string model = fmt::format("models/{}.safetensors", id);
  const std::string checkpoint = fmt::format("checkpoints/{}.r0.safetensors", id);
  const Content kept{{"ledger.bin", "x"}, {"results.h5", "x"},         {"results.h5.tmp", "x"},
                     {"thesis.tmp", "x"}, {"a-0123456789abcdef", "x"}, {"models/big.tmp", "x"},
                     {".probe-me", "x"},  {".seen-it", "x"},           {model, "x"},
                     {checkpoint, "x"},   {"checkpoints/x.tmp", "x"}};
  fill(scratch.path(), kept);
  fs::create_directory(scratch.path() / half("folder"));
  const Content before = content_of(scratch.path());
  const Content left{{half("results.h5"), "x"},         {half("probe"), "x"},  {"models/" + half("x.safetensors"), "x"},
                     {"checkpoints/" + half("y"), "x"}, {model + ".tmp", "x"}, {checkpoint + ".tmp", "x"}};
  fill(scratch.path(), left);
  fs::create_symlink(scratch.path() / "thesis.tmp", scratch.path() / half("link"));
  CHECK(content_of(scratch.path()).size() == before.size() + left.size() + 1);
  remove_leftovers(paths);
  fs::remove(scratch.path() / half("link"));
  CHECK(content_of(scratch.path()) == before);
}

TEST_CASE("only checkpoints of packs are removed, and their folder only when it is empty then") {
  const Scratch scratch;
  const OutputPaths paths(scratch.path());
  const Content ours{{fmt::format("checkpoints/{}.safetensors", id), "x"},
                     {fmt::format("checkpoints/{}.1.r12.0.safetensors", id), "x"}};
  fill(scratch.path(), ours);
  remove_checkpoints(paths, {});
  CHECK(content_of(scratch.path()).empty());
  const Content kept{{"checkpoints/resnet-epoch-90.pt", "x"},
                     {"checkpoints/best.safetensors", "x"},
                     {fmt::format("checkpoints/{}.best.safetensors", id), "x"},
                     {fmt::format("checkpoints/{}.safetensors.bak", id), "x"},
                     {fmt::format("checkpoints/{}0.safetensors", id), "x"},
                     {fmt::format("checkpoints/old/{}.safetensors", id), "x"}};
  fill(scratch.path(), kept);
  const Content before = content_of(scratch.path());
  fill(scratch.path(), ours);
  remove_checkpoints(paths, {});
  CHECK(content_of(scratch.path()) == before);
}
