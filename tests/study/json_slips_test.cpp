// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <string>

#include "small_catalog.hpp"

namespace {

struct Slip {
  const char* text;
  const char* words;  // after "s.json:LINE:COLUMN: not valid JSON: "
};

const Slip json_slips[] = {
    {R"({"attacks": {"fgsm": {"epsilon": 8/255}}})", R"(JSON has no fractions: write 0.03137254901960784)"},
    {R"({"epsilon": {"sweep": [ 1 / 4, 2]}})", R"(JSON has no fractions: write 0.25)"},
    {R"({"epsilon": 8/x})", R"(JSON has no fractions: write the number)"},
    {R"({"width": Infinity})", R"(Infinity is no JSON; write "inf", with the quotes)"},
    {R"({"width": inf})", R"(inf is no JSON; write "inf", with the quotes)"},
    {R"({"width": -inf})", R"(-inf is no JSON; write a number)"},
    {R"({"width": NaN})", R"(NaN is no JSON; write a number)"},
    {R"({"width": None})", R"(None is no JSON; write null, or leave the option out)"},
    {R"({"batch_norm": True})", R"(True is no JSON; write true)"},
    {R"({"batch_norm": False, "a": 1})", R"(False is no JSON; write false)"},
    {R"({"lr": .5})", R"(.5 is no number of JSON; write 0.5)"},
    {R"({"lr": -.5})", R"(-.5 is no number of JSON; write -0.5)"},
    {R"({"lr": 5.})", R"(5. is no number of JSON; write 5.0)"},
    {R"({"lr": 1.e-3})", R"(1.e-3 is no number of JSON; write 1.0e-3)"},
    {R"({"epochs": 1_000})", R"(1_000 is no number of JSON; write 1000)"},
    {R"({"epochs": 007})", R"(007 is no number of JSON; write 7)"},
    {R"({"epochs": +7})", R"(+7 is no number of JSON; write 7)"},
    {R"({'name': "a"})", R"(texts and names stand in double quotes; write " for ')"},
    {R"({name: "a"})", R"('name' stands without quotes; write "name")"},
    {R"({"kind": mlp})", R"('mlp' stands without quotes; write "mlp")"},
    {R"({"name": "a" "model": {}})", R"(a comma is missing before "model")"},
    {R"({"name": "a"
        "model": {}})",
     R"(a comma is missing before "model")"},
    {R"({"model": {"width": 3} "training": {}})", R"(a comma is missing before "training")"},
    {R"({"model": {"width": 3 "depth": 4}})", R"(a comma is missing before "depth")"},
    {R"({"seed": [1 2]})", R"(a comma is missing before 2)"},
    {R"({"cases": [{} {}]})", R"(a comma is missing before '{')"},
    {R"({"name", "b"})", R"(a colon is missing after a name)"},
    {R"({"name": "a",, "b": 1})", R"(a value is missing before ',')"},
    {R"({"seed": {"sweep": [1, 2}})", R"(a ']' is missing before '}')"},
    {R"({"seed": {"sweep": 2]})", R"(a '}' is missing before ']')"},
    {R"({"name": "a", # hi)", R"(comments are not part of it; write "description")"},
    {R"({"seed": {"sweep": [1, 2]})", R"(the file ends before every bracket and quote is closed; close them)"},
};

}  // namespace

TEST_CASE("what Python and JavaScript would read is refused in plain words") {
  for (const Slip& slip : json_slips) {
    INFO(slip.text);
    CHECK_THAT(message_of(slip.text),
               Catch::StartsWith("s.json:") && Catch::EndsWith(std::string(": not valid JSON: ") + slip.words));
  }
}
