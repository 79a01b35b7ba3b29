// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "small_catalog.hpp"

using namespace eigensweep;

namespace {

std::vector<std::string> warnings_of(const std::string& members) {
  return parse(R"({"name": "a", "metrics": {}, )" + members + "}").warnings;
}

std::string near(const std::string& places, const std::string& one, const std::string& other,
                 const std::string& more = "") {
  return fmt::format(
      "{}: {} and {} are one number to 12 digits{} (each is trained or measured and stands in the results "
      "as a value of its own); write them alike",
      places, one, other, more);
}

}  // namespace

TEST_CASE("values of one axis that are equal to 12 digits are warned of, with both") {
  CHECK(
      warnings_of(
          R"("model": {"width": 8}, "regularizers": {"spectral": {"cutoff": 2, "strength": {"sweep": [0.3, 0.1, 0.30000000000000004]}}},
                       "training": {"batch_size": 100})") ==
      std::vector<std::string>{near("/regularizers/spectral/strength", "0.3", "0.30000000000000004")});
  // Differences from the 12th digit on, scales apart from 1, both signs.
  const auto rates = [](const std::string& values) {
    return warnings_of(R"("model": {"width": 8}, "training": {"optimizer": {"learning_rate": {"sweep": [)" + values +
                       "]}}}");
  };
  const std::string place = "/training/optimizer/learning_rate";
  CHECK(rates("1e-9, 1.0000000000001e-9") == std::vector<std::string>{near(place, "1e-09", "1.0000000000001e-09")});
  CHECK(rates("1e-9, 1.00000000001e-9, 0.3, 0.300000000001").empty());
  CHECK(rates("0.1, 0.10000000000000002, 0.2, 0.20000000000000004") ==
        std::vector<std::string>{near(place, "0.1", "0.10000000000000002", ", the first of 2 such pairs")});
}

TEST_CASE("intensities of attacks that share a dimension are held against each other") {
  const std::string both = near("/attacks/apgd/epsilon, /attacks/fgsm/epsilon", "0.3", "0.30000000000000004");
  CHECK(warnings_of(R"("model": {"width": 8}, "attacks": {"fgsm": {"epsilon": {"sweep": {"range": [0.1, 0.35, 0.1]}}},
                       "apgd": {"epsilon": {"sweep": [0.1, 0.2, 0.30000000000000004]}}})") ==
        std::vector<std::string>{both});
  // The same for values that are not swept and stand in two cases.
  CHECK(warnings_of(R"("model": {"width": 8}, "cases": [{"name": "x", "attacks": {"fgsm": {"epsilon": 0.3}}},
                       {"name": "y", "attacks": {"apgd": {"epsilon": 0.30000000000000004}}}])") ==
        std::vector<std::string>{both});
  // Another dimension.
  CHECK(warnings_of(R"("model": {"width": 8}, "attacks": {"fgsm": {"epsilon": 0.3},
                       "gaussian_noise": {"sigma": 0.30000000000000004}})")
            .empty());
}

TEST_CASE("values that meet only over all cases are warned of") {
  CHECK(warnings_of(R"("model": {"width": 8}, "cases": [
          {"name": "x", "training": {"optimizer": {"learning_rate": 0.3}}},
          {"name": "y", "training": {"optimizer": {"learning_rate": {"sweep": [0.1, 0.30000000000000004]}}}}])") ==
        std::vector<std::string>{near("/training/optimizer/learning_rate", "0.3", "0.30000000000000004")});
}

TEST_CASE("a range and a linspace give the decimal numbers that were meant, without a warning") {
  for (const char* sweep : {R"({"range": [0.1, 0.35, 0.1]})", R"({"linspace": [0.1, 0.3, 3]})"}) {
    const auto study = parse(fmt::format(R"({{"name": "a", "model": {{"width": 8}}, "metrics": {{}},
        "training": {{"optimizer": {{"learning_rate": {{"sweep": {}}}}}}}}})",
                                         sweep));
    CHECK(study.axes.front().values == std::vector<Json>{0.1, 0.2, 0.3});
    CHECK(study.warnings.empty());
  }
}
