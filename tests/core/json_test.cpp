// SPDX-License-Identifier: MIT
#include "eigensweep/core/json.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

using namespace eigensweep;

TEST_CASE("infinity has a name in JSON, and what is no number is null") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Json json{{"width", infinity}, {"list", {1, -infinity, std::nan(""), {{"deep", infinity}}}}, {"text", "inf"}};
  CHECK(json_text(json) == R"({"width":"inf","list":[1,"-inf",null,{"deep":"inf"}],"text":"inf"})");
  CHECK(json_text(infinity) == R"("inf")");
  CHECK(json_text({{"a", 1.5}}, 2) == "{\n  \"a\": 1.5\n}");
  CHECK(json_text("caf\xe9") == "\"caf\uFFFD\"");
}

// All JSON is printed or stored through `json_text`. Exceptions are the study room's own texts (identities, keys,
// messages), what a worker keeps beside weights, and single values in messages.
TEST_CASE("no file is written and nothing is printed by another way") {
  std::size_t files = 0;
  for (const char* room : {"app", "results", "sweep"}) {
    const auto folder = std::filesystem::path(EIGENSWEEP_SOURCE_FOLDER) / "src" / room;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".cpp") continue;
      ++files;
      std::ifstream stream(entry.path());
      std::size_t number = 0;
      for (std::string line; std::getline(stream, line);) {
        ++number;
        INFO(entry.path().string() << ":" << number << ": " << line);
        const bool is_a_value = line.find("value.dump()") != std::string::npos;
        CHECK((line.find(".dump(") == std::string::npos || is_a_value));
      }
    }
  }
  CHECK(files > 50);
}
