// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "eigensweep/core/hash.hpp"
#include "eigensweep/core/text.hpp"

using namespace eigensweep;

TEST_CASE("a misspelt name finds the nearest known one") {
  const std::vector<std::string> known{"epsilon", "steps", "kind"};
  CHECK(text::nearest("epsilonn", known) == "epsilon");
  CHECK(text::nearest("setps", known) == "steps");
  CHECK(text::nearest("zzz", known).empty());
  CHECK(text::nearest("EPSILON", known) == "epsilon");
  CHECK(text::suggestion("zzz", known) == "; known are 'epsilon', 'steps', 'kind'");
  CHECK(text::suggestion("steps ", known) == "; did you mean 'steps'?");
}

TEST_CASE("numbers are written for people") {
  CHECK(text::thousands(1234567) == "1,234,567");
  CHECK(text::thousands(-999) == "-999");
  CHECK(text::duration(0.44) == "0.4 s");
  CHECK(text::duration(200) == "3 min 20 s");
  CHECK(text::duration(7500) == "2 h 05 min");
  CHECK(text::bytes(1536) == "1.5 KiB");
  CHECK(text::flops(3.2e9) == "3.2 GFLOP");
  CHECK(text::number(0.1) == "0.1");
}

TEST_CASE("a word for a shell is quoted where it has to be") {
  CHECK(text::shell_quote("/runs/a-1_2.h5") == "/runs/a-1_2.h5");
  CHECK(text::shell_quote("") == "''");
  CHECK(text::shell_quote("my runs") == "'my runs'");
  CHECK(text::shell_quote("don't") == "'don'\\''t'");
  for (const char* word : {"a#b", "$HOME", "~", "*", "a;b", "a&b", "a\"b", "a\\b", "a=b", "{a,b}", "`a`", "!a", "a(b)"})
    CHECK(text::shell_quote(word) == fmt::format("'{}'", word));
  CHECK(text::shell_path("-dash") == "./-dash");
  CHECK(text::shell_path("- dash") == "'./- dash'");
  CHECK(text::shell_path("/-dash") == "/-dash");
}

TEST_CASE("what is UTF-8 is known, and what is not can be shown") {
  CHECK(text::is_utf8(""));
  CHECK(text::is_utf8("caf\u00e9 \U0001F600"));
  for (const char* word : {"caf\xe9", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80"})
    CHECK_FALSE(text::is_utf8(word));
  CHECK(text::printable("caf\xe9\n") == "caf\\xe9\\x0a");
}

TEST_CASE("a message is one line, whatever is in it") {
  CHECK(text::one_line("a\nb\tc\rd\be\ff") == R"(a\nb\tc\rd\be\ff)");
  CHECK(text::one_line("\x1b[31mred\x7f") == R"(\u001b[31mred\u007f)");
  CHECK(text::one_line({"a\0b", 3}) == R"(a\u0000b)");
  CHECK(text::one_line("\u0085\u009b") == R"(\u0085\u009b)");
  CHECK(text::one_line("caf\u00e9 \u00c2\u00a0 'a\\b' \xc2") == "caf\u00e9 \u00c2\u00a0 'a\\b' \xc2");
}

TEST_CASE("sha256 is the standard's") {
  CHECK(hash::sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
