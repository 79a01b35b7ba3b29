// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/folder/contents.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "eigensweep/wire/ledger.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

/// A dataset that is a text file, and that counts how often it is read.
struct Bench {
  Scratch scratch;
  OutputPaths paths{scratch.path() / "out"};
  study::Catalog catalog;
  int readings = 0;
  bool files_are_known = true;

  Bench() {
    file::make_folder(paths.folder());
    study::Kind text;
    text.family = study::Family::dataset;
    text.name = "text";
    text.options = study::Options{}
                       .text("file", std::nullopt, "the file")
                       .path()
                       .text("label", "", "what it is called")
                       .text("sha256", "", "what it must be")
                       .not_identity();
    text.info = [](const Json&) { return study::DatasetInfo{8, 4, {1, 2, 2}, 2}; };
    text.content_hash = [this](const Json& options) {
      ++readings;
      return "hash of " + file::read(options.at("file").get<std::string>());
    };
    text.files = [this](const Json& options) -> std::optional<std::vector<std::filesystem::path>> {
      if (!files_are_known) return std::nullopt;
      return std::vector<std::filesystem::path>{options.at("file").get<std::string>()};
    };
    catalog.add(std::move(text));
    const auto plain = [&](study::Family family, const char* name) {
      study::Kind kind;
      kind.family = family;
      kind.name = name;
      if (family == study::Family::model) {
        kind.options = study::Options{}.integer("width", 4, {1, 100}, "units");
        kind.shape = [](const Json&, const study::DatasetInfo&) { return study::ModelShape{}; };
      }
      if (family == study::Family::procedure) {
        kind.procedure.sections = {"dataset", "model", "training", "regularizers"};
        kind.procedure.gives_networks = true;
      }
      catalog.add(std::move(kind));
    };
    plain(study::Family::procedure, "train");
    plain(study::Family::model, "mlp");
    plain(study::Family::optimizer, "adam");
    plain(study::Family::schedule, "constant");
  }

  std::string write(const std::string& name, const std::string& content) const {
    const auto file = scratch.path() / name;
    std::ofstream(file) << content;
    return file.string();
  }

  study::Study make(const std::string& members, const std::string& seeds = "[0, 1]") const {
    return study::parse_study(R"({"name": "a", "metrics": {}, "seed": {"sweep": )" + seeds + "}, " + members + "}",
                              scratch.path() / "s.json", catalog);
  }
  study::Study study_of(const std::string& file, const std::string& label = "") const {
    return make(R"("dataset": {"kind": "text", "file": ")" + file + R"(", "label": ")" + label + "\"}");
  }

  /// Does what a run does: checks the contents, keeps them, and records a training of every trial.
  Contents run(const study::Study& study, const std::string& noted = "as it is") {
    Contents contents = check_contents(study, catalog, read_known(study, paths), paths);
    keep_contents(contents, paths);
    wire::Ledger ledger(paths.ledger());
    for (const study::Trial& trial : study.trials) {
      wire::Record record;
      record.trial = trial.id;
      record.provenance["dataset_sha256"] =
          noted == "as it is" ? contents.hashes.at(study.config(trial).at("dataset").dump()) : noted;
      ledger.append({record});
    }
    return contents;
  }

  std::string refusal(const study::Study& study) const {
    try {
      check_contents(study, catalog, read_known(study, paths), paths);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }
};

std::string ways_out =
    "(numbers of two datasets would be mixed); choose another --output, bring the old data back, or give the new data "
    "a "
    "/dataset/label of its own; /dataset/sha256 can say which content is meant";

}  // namespace

TEST_CASE("another file under the same options is refused with both hashes and both places") {
  Bench bench;
  const std::string a = bench.write("a", "A");
  const std::string b = bench.write("b", "B");
  const study::Study study = bench.study_of(a);
  bench.run(study);
  CHECK(bench.refusal(study) == "accepted");
  CHECK(bench.refusal(bench.study_of(b)) ==
        bench.paths.folder().string() + ": trial " + study.trials.front().id + " was made from " + a +
            " with the content hash hash of A, but the study now names " + b + " with hash of B " + ways_out);
  // The solutions that the message names.
  CHECK(bench.refusal(bench.study_of(b, "other")) == "accepted");
  bench.write("b", "A");
  CHECK(bench.refusal(bench.study_of(b)) == "accepted");
}

TEST_CASE("content that was replaced is refused, also for trials of which no record is there") {
  Bench bench;
  const std::string a = bench.write("a", "A");
  bench.run(bench.study_of(a));
  bench.write("a", "B");
  CHECK_THAT(bench.refusal(bench.study_of(a)), Catch::Contains("was made from " + a +
                                                               " with the content hash hash of A, "
                                                               "but the study now names " +
                                                               a + " with hash of B"));
  // A study without a trial in common is refused too: the folder's records have another content for the same options.
  const study::Study others = bench.make(R"("dataset": {"kind": "text", "file": ")" + a + "\"}", "[7, 8]");
  CHECK_THAT(bench.refusal(others),
             Catch::StartsWith(bench.paths.folder().string() + ": its records were made from " + a));
}

TEST_CASE(
    "a ledger of an earlier version is held against its records' hashes; where they say none, there is a warning") {
  Bench bench;
  const std::string a = bench.write("a", "A");
  const study::Study study = bench.study_of(a);
  bench.run(study, "hash of older");
  std::filesystem::remove(bench.paths.datasets());
  CHECK_THAT(bench.refusal(study),
             Catch::Contains("was made from a file whose place was not noted with the content hash "
                             "hash of older, but the study now names " +
                             a + " with hash of A"));
  std::filesystem::remove(bench.paths.ledger());
  bench.run(study, "");
  const Contents contents = check_contents(study, bench.catalog, read_known(study, bench.paths), bench.paths);
  CHECK(contents.warnings ==
        std::vector<std::string>{bench.paths.ledger().string() +
                                 ": 2 records do not say what data they were made with (an early version wrote them); "
                                 "they are taken as made with what the study names"});
}

TEST_CASE("a run that left no record binds nothing") {
  Bench bench;
  const std::string a = bench.write("a", "A");
  const study::Study study = bench.study_of(a);
  keep_contents(check_contents(study, bench.catalog, read_known(study, bench.paths), bench.paths), bench.paths);
  bench.write("a", "B");
  CHECK(bench.refusal(study) == "accepted");
}

TEST_CASE("two cases that name different content under the same options are refused") {
  Bench bench;
  const std::string a = bench.write("a", "A");
  const std::string b = bench.write("b", "B");
  const auto with = [&](const std::string& label) {
    return bench.make(R"("cases": [{"name": "x", "seed": 5, "dataset": {"kind": "text", "file": ")" + a +
                      R"("}}, {"name": "y", "seed": 6, "dataset": {"kind": "text", "file": ")" + b +
                      R"(", "label": ")" + label + "\"}}]");
  };
  CHECK(bench.refusal(with("")) ==
        (bench.scratch.path() / "s.json").string() + ": /dataset: " + a + " has the content hash hash of A and " + b +
            " has hash of B under the same options (where data lies is no part of what a trial is, so numbers of both "
            "would count as one); keep one, or give each a /dataset/label of its own");
  CHECK(bench.refusal(with("other")) == "accepted");
  bench.write("b", "A");
  CHECK(bench.refusal(with("")) == "accepted");
}

TEST_CASE("unchanged files are not read again, changed ones are") {
  Bench bench;
  const std::string a = bench.write("a", "A");
  const study::Study study = bench.study_of(a);
  const auto hash = [&] {
    const Contents contents = check_contents(study, bench.catalog, read_known(study, bench.paths), bench.paths);
    keep_contents(contents, bench.paths);
    return contents.hashes.begin()->second;
  };
  // The file was written just now, so it may change again within one tick of the file system's clock.
  CHECK(hash() == "hash of A");
  CHECK(hash() == "hash of A");
  CHECK(bench.readings == 2);
  bench.files_are_known = false;
  hash();
  CHECK(bench.readings == 3);
  bench.files_are_known = true;
  const FileStamp before = stamp_of(a);
  CHECK(is_settled(before, before.changed + 3'000'000'000));
  CHECK_FALSE(is_settled(before, before.changed + 1'000'000'000));
}

TEST_CASE("what is remembered of a file counts only while size, times, inode and build are the same") {
  Bench bench;
  const std::string a = bench.write("a", "A");
  const study::Study study = bench.study_of(a);
  const FileStamp stamp = stamp_of(a);
  const Json now{{"path", stamp.path},
                 {"size", stamp.size},
                 {"modified", stamp.modified},
                 {"changed", stamp.changed},
                 {"inode", stamp.inode}};
  bench.run(study);
  const std::string build = Json::parse(file::read(bench.paths.datasets()))["datasets"][0]["build"];
  const auto remembered = [&](const Json& files, const std::string& of, bool is_complete) {
    const Json entry{{"section", study.config(study.trials.front()).at("dataset")},
                     {"sha256", "remembered"},
                     {"build", of},
                     {"files", Json::array({files})},
                     {"is_complete", is_complete}};
    file::write_atomically(bench.paths.datasets(), Json{{"format_version", 1}, {"datasets", {entry}}}.dump());
    std::filesystem::remove(bench.paths.ledger());
    return check_contents(study, bench.catalog, read_known(study, bench.paths), bench.paths).hashes.begin()->second;
  };
  CHECK(remembered(now, build, true) == "remembered");
  CHECK(remembered(now, build, false) == "hash of A");
  CHECK(remembered(now, "another", true) == "hash of A");
  for (const char* key : {"size", "modified", "changed", "inode"}) {
    Json other = now;
    other[key] = other[key].get<std::int64_t>() + 1;
    INFO(key);
    CHECK(remembered(other, build, true) == "hash of A");
  }
  // Another file of the same size and modification time is noticed by its change time.
  const auto time = std::filesystem::last_write_time(a);
  std::filesystem::remove(a);
  bench.write("a", "B");
  std::filesystem::last_write_time(a, time);
  CHECK(remembered(now, build, true) == "hash of B");
}

TEST_CASE("a broken datasets.json costs a reading and nothing else") {
  Bench bench;
  const std::string a = bench.write("a", "A");
  const study::Study study = bench.study_of(a);
  bench.run(study);
  for (const char* text :
       {"{", "[]", "{\"datasets\": [3]}", "{\"datasets\": [{\"section\": {}, \"sha256\": \"x\", \"files\": []}]}"}) {
    file::write_atomically(bench.paths.datasets(), text);
    CHECK(bench.refusal(study) == "accepted");
    bench.write("a", "B");
    CHECK_THAT(bench.refusal(study), Catch::Contains("with the content hash hash of A, but"));
    bench.write("a", "A");
  }
}
