// SPDX-License-Identifier: MIT
#include "eigensweep/core/terminal.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

using eigensweep::terminal::display_width;
using eigensweep::terminal::output_columns;
using eigensweep::terminal::wrapped;

TEST_CASE("a line that is too long hangs under its second column") {
  CHECK(wrapped("  fgsm  one step along the gradient\n", 24) == "  fgsm  one step along\n        the gradient\n");
  CHECK(wrapped("  fgsm  one step along the gradient\n", 0) == "  fgsm  one step along the gradient\n");
  CHECK(wrapped("short\n\nlines\n", 24) == "short\n\nlines\n");
}

TEST_CASE("without a second column, or with one far to the right, a line hangs under its beginning") {
  CHECK(wrapped("one step along the sign of it\n", 20) == "one step along the\nsign of it\n");
  CHECK(wrapped("a_very_long_name_of_it  and words\n", 26) == "a_very_long_name_of_it\n  and words\n");
}

TEST_CASE("a word longer than a line is left whole") {
  CHECK(wrapped("see https://example.org/a/long/path there\n", 20) == "see\nhttps://example.org/a/long/path\nthere\n");
}

TEST_CASE("a page needs as many columns as it has letters") {
  CHECK(display_width("0.9 ± 0.1") == 9);
  CHECK(wrapped("  x  ± ± ±\n", 10) == "  x  ± ± ±\n");
}

TEST_CASE("the user's COLUMNS says how wide standard output is") {
  REQUIRE(::setenv("COLUMNS", "72", 1) == 0);
  CHECK(output_columns() == 72);
  REQUIRE(::setenv("COLUMNS", "3", 1) == 0);
  CHECK(output_columns() == 20);
  REQUIRE(::setenv("COLUMNS", "wide", 1) == 0);
  CHECK(output_columns() == 0);  // a test's standard output is no terminal
  REQUIRE(::unsetenv("COLUMNS") == 0);
}
