// SPDX-License-Identifier: MIT
#include "eigensweep/core/hash.hpp"

#include <catch2/catch.hpp>

using namespace eigensweep;

TEST_CASE("SHA-256 is that of sha256sum, in one piece and in many") {
  // FIPS 180-2, appendix B, and the empty message.
  CHECK(hash::sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash::sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string text(100003, 'x');
  for (const std::size_t piece : {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65536}}) {
    hash::Sha256 sum;
    for (std::size_t at = 0; at < text.size(); at += piece) sum.add(std::string_view(text).substr(at, piece));
    sum.add({});
    CHECK(hash::hexadecimal(sum.finish()) == hash::sha256(text));
  }
}
