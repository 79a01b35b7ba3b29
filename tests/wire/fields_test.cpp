// SPDX-License-Identifier: MIT
#include "eigensweep/wire/fields.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/core/error.hpp"

namespace {

using namespace eigensweep;
using namespace eigensweep::wire;

enum class Size : std::uint8_t { small, large };

constexpr std::string_view word(Size size) {
  switch (size) {
    case Size::small:
      return "small";
    case Size::large:
      return "large";
  }
  return "";
}

struct Wheel {
  int spokes = 0;
  static constexpr auto fields() { return std::tuple(field("spokes", &Wheel::spokes)); }
};

struct Cart {
  std::string name;
  bool has_brake = false;
  double weight = 0;
  std::size_t slots = 0;
  Size size = Size::small;
  Bytes cargo;
  std::vector<Wheel> wheels;
  std::map<std::string, std::int64_t> prices;
  Json note;
  static constexpr auto fields() {
    return std::tuple(field("name", &Cart::name), field("has_brake", &Cart::has_brake), field("weight", &Cart::weight),
                      field("slots", &Cart::slots), field("size", &Cart::size), field("cargo", &Cart::cargo),
                      field("wheels", &Cart::wheels), field("prices", &Cart::prices), field("note", &Cart::note));
  }
};

Json loaded_cart() {
  return to_value(Cart{"c", true, 1.5, 7, Size::large, {1, 2}, {{8}, {12}}, {{"b", -3}}, {{"any", nullptr}}});
}

std::string refusal(const char* pointer, const Json& value) {
  Json json = loaded_cart();
  json[Json::json_pointer(pointer)] = value;
  Cart cart;
  try {
    from_value(json, cart, Where("cart"));
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a struct comes back from its fields, in their order") {
  const Json json = loaded_cart();
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  CHECK(names ==
        std::vector<std::string>{"name", "has_brake", "weight", "slots", "size", "cargo", "wheels", "prices", "note"});
  CHECK(json["size"] == "large");
  Cart cart;
  from_value(Json::from_cbor(Json::to_cbor(json)), cart, Where("cart"));
  CHECK(to_value(cart) == json);
}

TEST_CASE("fields that nobody knows are ignored") { CHECK(refusal("/wings", 2).empty()); }

TEST_CASE("a field that is missing is named with its place") {
  Cart cart;
  for (const char* name : {"name", "has_brake", "weight", "slots", "size", "cargo", "wheels", "prices", "note"}) {
    Json json = loaded_cart();
    json.erase(name);
    CHECK_THROWS_WITH(from_value(json, cart, Where("cart")), fmt::format("cart: {} is missing", name));
  }
  Json json = loaded_cart();
  json["wheels"][1].erase("spokes");
  CHECK_THROWS_WITH(from_value(json, cart, Where("message ", "cart")), "message cart: wheels[1].spokes is missing");
}

TEST_CASE("a value of the wrong type is named with its place") {
  CHECK(refusal("", 1) == "cart: must be an object, not number");
  CHECK(refusal("/name", 1) == "cart: name must be a string, not number");
  CHECK(refusal("/has_brake", 1) == "cart: has_brake must be a boolean, not number");
  CHECK(refusal("/weight", "x") == "cart: weight must be a number, not string");
  CHECK(refusal("/slots", 0.5) == "cart: slots must be an integer, not 0.5");
  CHECK(refusal("/slots", -1) == "cart: slots must be from 0 to 9223372036854775807, not -1");
  CHECK(refusal("/wheels/0/spokes", 3000000000) ==
        "cart: wheels[0].spokes must be from -2147483648 to 2147483647, not 3000000000");
  CHECK(refusal("/prices/b", 18446744073709551615U) ==
        "cart: prices.b must be from -9223372036854775808 to 9223372036854775807, not 18446744073709551615");
  CHECK(refusal("/size", "tiny") == "cart: size 'tiny' is unknown; known are 'small', 'large'");
  CHECK(refusal("/cargo", "x") == "cart: cargo must be bytes, not string");
  CHECK(refusal("/wheels", Json::object()) == "cart: wheels must be an array, not object");
  CHECK(refusal("/prices", 1) == "cart: prices must be an object, not number");
}

TEST_CASE("numbers keep NaN and infinities") {
  std::vector<double> values;
  from_value(to_value(std::vector<double>{std::nan(""), -HUGE_VAL}), values, Where("numbers"));
  CHECK(std::isnan(values.at(0)));
  CHECK(values.at(1) == -HUGE_VAL);
}
