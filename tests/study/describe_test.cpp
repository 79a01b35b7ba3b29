// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <filesystem>

#include "eigensweep/catalog.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/core/file.hpp"
#include "eigensweep/study/declare/describe.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;
using namespace eigensweep::study;

namespace {
const std::filesystem::path jobs = std::filesystem::path(EIGENSWEEP_SOURCE_FOLDER) / "jobs";
}

TEST_CASE("describe shows type, range, unit and default of an option") {
  const std::string page = describe(catalog(), "pgd");
  CHECK(page.find("a number between 0 and 1000 [pixel]; required") != std::string::npos);
  CHECK(page.find("an integer between 1 and 1000000; default 40") != std::string::npos);
}

TEST_CASE("describe lists the kinds of a section, and says how to see one") {
  for (const Family family : families()) {
    const std::string page = describe(catalog(), std::string(family_section(family)));
    INFO(page);
    CHECK(page.starts_with(std::string(family_section(family)) + "\n"));
    for (const Kind& kind : catalog().all()) {
      const bool is_there = kind.family == family && kind.procedure.is_chosen;
      CHECK((page.find("  " + kind.name + " ") != std::string::npos) == is_there);
      if (is_there) CHECK(page.find(kind.meaning) != std::string::npos);
    }
    CHECK(page.find("\n'eigensweep describe NAME' shows one of these with its options\n") != std::string::npos);
    CHECK(describe(catalog(), std::string(family_name(family))) == page);  // "optimizer" for "training/optimizer"
  }
  CHECK_THROWS_WITH(describe(catalog(), "atacks"), "describe: nothing is called 'atacks'; did you mean 'attacks'?");
}

TEST_CASE("describe suggests the nearest name") {
  CHECK_THROWS_WITH(describe(catalog(), "pdg"), "describe: nothing is called 'pdg'; did you mean 'pgd'?");
  CHECK_THROWS_WITH(describe(catalog(), "lerning_rate"),
                    "describe: nothing is called 'lerning_rate'; did you mean 'learning_rate'?");
  CHECK_THROWS_WITH(describe(catalog(), "FGSM"), "describe: nothing is called 'FGSM'; did you mean 'fgsm'?");
}

TEST_CASE("describe finds an option in every kind that has it") {
  const std::string page = describe(catalog(), "learning_rate");
  CHECK(page.starts_with("learning_rate is an option of\n"));
  for (const char* kind : {"optimizer adam\n", "optimizer adamw\n", "optimizer sgd\n"})
    CHECK_THAT(page, Catch::Contains(kind));
  CHECK_THAT(describe(catalog(), "epochs"), Catch::StartsWith("epochs is an option of\ntraining\n"));
}

TEST_CASE("describe shows the parts of a study file that are no kinds, with examples that are studies") {
  for (const char* topic : {"seed", "sweep", "cases", "zip", "exclude"}) {
    const std::string page = describe(catalog(), topic);
    INFO(page);
    CHECK(page.starts_with(std::string(topic) + "\n"));
    const std::string heading = "\nexample\n  ";
    const std::size_t at = page.find(heading);
    REQUIRE(at != std::string::npos);
    const Study study = parse_study(page.substr(at + heading.size()), "example.json", catalog());
    CHECK(study.document.contains(topic) == (std::string(topic) != "sweep"));
    CHECK(study.cells.size() > 1);
  }
  CHECK_THROWS_WITH(describe(catalog(), "sweeep"), "describe: nothing is called 'sweeep'; did you mean 'sweep'?");
}

TEST_CASE("the committed schema is the generated one") {
  // After a change of a declaration: eigensweep schema > jobs/study.schema.json
  CHECK(file::read(jobs / "study.schema.json") == schema(catalog()).dump(2) + "\n");
}

TEST_CASE("every study under jobs/ is valid") {
  int studies = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(jobs)) {
    if (entry.path().extension() != ".json" || entry.path().filename() == "study.schema.json") continue;
    INFO(entry.path().string());
    CHECK_NOTHROW(read_study(entry.path(), small_catalog()));
    ++studies;
  }
  CHECK(studies >= 1);
}
