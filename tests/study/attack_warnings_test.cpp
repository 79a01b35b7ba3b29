// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "small_catalog.hpp"

using namespace eigensweep;

namespace {

std::vector<std::string> warned_of(const std::string& attacks) {
  return parse(R"({"name": "a", "model": {"width": 8}, "metrics": {}, "attacks": {)" + attacks + "}}").warnings;
}

}  // namespace

TEST_CASE("steps that cannot cross the ball from a random start are warned of") {
  CHECK(warned_of(R"("pgd": {"epsilon": 0.1})") ==
        std::vector<std::string>{
            "/attacks/pgd: all 40 steps together are 1.33 epsilon long, and a random start can lie 2 epsilon from the "
            "nearest misclassified point: the robust accuracy is too high; set relative_step to 0.062"});
  const std::vector<std::string> both = warned_of(R"("pgd": {"epsilon": 0.1, "samples": 100})");
  REQUIRE(both.size() == 1);
  CHECK_THAT(both[0],
             Catch::EndsWith("set relative_step to 0.062; 100 samples leave a robust accuracy of 50 % uncertain "
                             "by 10 % (95 % interval); take 500"));
  CHECK(warned_of(R"("pgd": {"epsilon": 0.1, "relative_step": 0.062})").empty());
  CHECK(warned_of(R"("pgd": {"epsilon": 0.1, "random_start": false})").empty());
  CHECK(warned_of(R"("strict": {"epsilon": 0.1}, "fgsm": {"epsilon": 0.1})").empty());
}

TEST_CASE("a robust accuracy of few samples is warned of, with its interval") {
  for (const char* kind : {"fgsm", "apgd", "square", "strict"}) {
    CHECK(warned_of(fmt::format(R"("{}": {{"epsilon": 0.1, "samples": 100}})", kind)) ==
          std::vector<std::string>{fmt::format("/attacks/{}: 100 samples leave a robust accuracy of 50 % uncertain by "
                                               "10 % (95 % interval); take 500",
                                               kind)});
    CHECK(warned_of(fmt::format(R"("{}": {{"epsilon": 0.1, "samples": 500}})", kind)).empty());
  }
}

TEST_CASE("a section metrics without the test accuracy is warned of, and one that wants nothing is not") {
  const auto warned = [](const std::string& metrics) {
    return parse(R"({"name": "a", "model": {"width": 64})" + metrics + "}").warnings;
  };
  CHECK(warned(R"(, "metrics": {"spectrum": {}})") ==
        std::vector<std::string>{"/metrics: takes the place of the default metrics 'accuracy', 'spectrum', so there is "
                                 "no test accuracy; add \"accuracy\": {} for it"});
  CHECK(warned(R"(, "metrics": {"accuracy": {}})").empty());
  CHECK(warned(R"(, "metrics": {"clean": {"kind": "accuracy"}})").empty());
  CHECK(warned(R"(, "metrics": {})").empty());
  CHECK(warned("").empty());
}

TEST_CASE("a batch larger than the training set is warned of") {
  const auto warned = [](const std::string& size) {
    return parse(R"({"name": "a", "model": {"width": 8}, "metrics": {}, "training": {"batch_size": )" + size + "}}")
        .warnings;
  };
  CHECK(warned("70000") ==
        std::vector<std::string>{"/training/batch_size: 70000 exceeds the 60000 training samples, so an "
                                 "epoch is one step on all of them; choose at most 60000"});
  CHECK(warned("60000").empty());
}
