// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/core/error.hpp"
#include "eigensweep/study/declare/describe.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "small_catalog.hpp"

using namespace eigensweep;

namespace {

struct Labelled {
  const char* section;
  const char* options;  // of a kind that may stand there
};

const Labelled labelled[] = {{"regularizers", R"("kind": "spectral")"},
                             {"attacks", R"("kind": "fgsm", "epsilon": 0.1)"},
                             {"metrics", R"("kind": "accuracy")"}};

std::string with_label(const Labelled& what, const std::string& label) {
  return fmt::format(R"({{"name": "a", "model": {{"width": 64}}, "{}": {{"{}": {{{}}}}}}})", what.section, label,
                     what.options);
}

}  // namespace

TEST_CASE("a word of ours is no label in any family") {
  CHECK(study::reserved_labels().size() == 4);
  for (const Labelled& what : labelled) {
    for (const study::ReservedLabel& reserved : study::reserved_labels()) {
      INFO(what.section << " " << reserved.word);
      CHECK(message_of(with_label(what, reserved.word)) ==
            fmt::format("s.json:/{0}/{1}: '{1}' cannot be a label ({2}); choose another, results that are there stay",
                        what.section, reserved.word, reserved.meaning));
      CHECK(message_of(with_label(what, reserved.word + "_")).empty());
    }
  }
}

TEST_CASE("a word of ours is no label of a case's own either") {
  CHECK(message_of(R"({"name": "a", "model": {"width": 64}, "cases": [
            {"name": "x", "attacks": {"train": {"kind": "fgsm", "epsilon": 0.1}}}]})") ==
        "s.json:/cases/0/attacks/train: 'train' cannot be a label (the progress of a run calls the training so); "
        "choose another, results that are there stay");
}

TEST_CASE("the schema refuses the same labels") {
  const Json schema = study::schema(small_catalog());
  for (const Labelled& what : labelled) {
    const Json& names = schema.at("properties").at(what.section).at("propertyNames");
    for (const study::ReservedLabel& reserved : study::reserved_labels()) {
      CHECK_THAT(names.at("not").at("enum").get<std::vector<std::string>>(), Catch::VectorContains(reserved.word));
    }
  }
}

TEST_CASE("a sweep of a whole section is told from a label") {
  CHECK(message_of(R"({"name": "a", "model": {"width": 64}, "attacks": {"sweep": [1]}})") ==
        "s.json:/attacks: a whole section cannot be swept; sweep its options, or use \"cases\"");
}
