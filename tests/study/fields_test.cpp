// SPDX-License-Identifier: MIT
// Options as a struct: what is declared is what is read.
#include "eigensweep/study/declare/fields.hpp"

#include <catch2/catch.hpp>

#include "eigensweep/study/declare/by_hand.hpp"

using namespace eigensweep;

namespace {

struct Toy {
  enum class Colour { red, blue };

  std::int64_t count = 3;
  double rate = 0.5;
  bool is_on = true;
  Colour colour = Colour::blue;

  static study::Fields<Toy> fields() {
    return study::Fields<Toy>()
        .integer("count", &Toy::count, {1, 9}, "how many")
        .number("rate", &Toy::rate, {0, 1}, "how fast")
        .per_lane()
        .boolean("on", &Toy::is_on, "whether")
        .choice("colour", &Toy::colour, {{"red", Colour::red}, {"blue", Colour::blue}}, "which");
  }
};

}  // namespace

TEST_CASE("a struct's initial values are the defaults of its options") {
  CHECK(study::resolved(study::options_of<Toy>(), Json::object()).dump() ==
        R"({"count":3,"rate":0.5,"on":true,"colour":"blue"})");
  CHECK(study::options_of<Toy>().find("rate")->per_lane);
  CHECK_FALSE(study::options_of<Toy>().find("count")->per_lane);
}

TEST_CASE("a resolved section is read in any order") {
  for (const Json& json : {Json{{"count", 7}, {"rate", 0.25}, {"on", false}, {"colour", "red"}},
                           Json{{"kind", "toy"}, {"colour", "red"}, {"on", false}, {"rate", 0.25}, {"count", 7}}}) {
    const auto toy = study::read<Toy>(json);
    CHECK((toy.count == 7 && toy.rate == 0.25 && !toy.is_on && toy.colour == Toy::Colour::red));
  }
}

TEST_CASE("a section that is not resolved, or holds another type, is never read as something else") {
  const Json good = study::resolved(study::options_of<Toy>(), Json::object());
  for (const char* name : {"count", "rate", "on", "colour"}) {
    Json lacks = good, wrong = good;
    lacks.erase(name);
    wrong[name] = "inf";
    CHECK_THROWS_AS(study::read<Toy>(lacks), ContractViolation);
    CHECK_THROWS(study::read<Toy>(wrong));
  }
}

TEST_CASE("where a kind may declare some options only, the others stand at their initial values") {
  const Toy toy = study::fields_of<Toy>().read_declared({{"kind", "toy"}, {"rate", 0.25}, {"width", 7}});
  CHECK((toy.count == 3 && toy.rate == 0.25 && toy.is_on && toy.colour == Toy::Colour::blue));
  CHECK_THROWS(study::fields_of<Toy>().read_declared({{"rate", "inf"}}));
}

namespace {

struct Wide {
  study::IntegerOrInfinity width{64};
  std::string name = "x";
  std::string folder;

  static study::Fields<Wide> fields() {
    return study::Fields<Wide>()
        .integer("width", &Wide::width, {1, 1000}, "how wide")
        .text("name", &Wide::name, "what it is called")
        .text("folder", &Wide::folder, "where it lies")
        .path();
  }
};

}  // namespace

TEST_CASE("an integer that may be infinite takes the one word for it") {
  const Json usual = study::resolved(study::options_of<Wide>(), Json::object());
  CHECK(usual.dump() == R"({"width":64,"name":"x","folder":""})");
  CHECK((study::read<Wide>(usual).width.value == 64 && !study::read<Wide>(usual).width.is_infinite));
  CHECK(study::read<Wide>({{"width", "inf"}, {"name", ""}, {"folder", ""}}).width.is_infinite);
  CHECK_THROWS(study::read<Wide>({{"width", "infinite"}, {"name", ""}, {"folder", ""}}));
  CHECK(study::options_of<Wide>().find("width")->infinite);
  CHECK(study::options_of<Wide>().find("folder")->path);
}

TEST_CASE("an option per lane is an error where nobody reads lanes") {
  study::Catalog catalog;
  catalog.add(study::declare<Toy>(study::Family::optimizer, "toy", "a toy"));
  CHECK_THROWS_AS(catalog.add(study::declare<Toy>(study::Family::schedule, "toy", "a toy")), ContractViolation);
  CHECK_THROWS_AS(catalog.add(study::declare<Toy>(study::Family::optimizer, "toy", "a toy")), ContractViolation);
}
