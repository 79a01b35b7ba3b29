// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "eigensweep/core/random.hpp"

using namespace eigensweep::random;

TEST_CASE("philox gives the known answers of its authors") {
  // Random123's kat_vectors, philox4x32 with 10 rounds.
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a key gives the same numbers every time, another key gives others") {
  const Key key{7, Purpose::batch_order, 3, 5};
  Stream a(key);
  Stream b(key);
  for (int i = 0; i < 100; ++i) CHECK(a.next() == b.next());
  for (const Key other : {Key{8, Purpose::batch_order, 3, 5}, Key{7, Purpose::attack_start, 3, 5},
                          Key{7, Purpose::batch_order, 4, 5}, Key{7, Purpose::batch_order, 3, 6}}) {
    Stream c(key);
    Stream d(other);
    int equal = 0;
    for (int i = 0; i < 100; ++i) equal += c.next() == d.next() ? 1 : 0;
    CHECK(equal == 0);
  }
}

TEST_CASE("uniform numbers have the moments of a uniform law and stay inside") {
  std::vector<float> values(200000);
  fill_uniform({1, Purpose::initial_weights, 0, 0}, -2.0F, 3.0F, values);
  CHECK(*std::min_element(values.begin(), values.end()) >= -2.0F);
  CHECK(*std::max_element(values.begin(), values.end()) < 3.0F);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 200000;
  double variance = 0;
  for (const float value : values) variance += (value - mean) * (value - mean) / 200000;
  CHECK(mean == Approx(0.5).margin(0.015));
  CHECK(variance == Approx(25.0 / 12).epsilon(0.01));
}

TEST_CASE("normal numbers have the moments of a normal law") {
  std::vector<float> values(200000);
  fill_normal({2, Purpose::noise, 0, 0}, values);
  double first = 0, second = 0, fourth = 0;
  for (const float value : values) {
    first += value / 2e5;
    second += value * value / 2e5;
    fourth += std::pow(value, 4) / 2e5;
  }
  CHECK(first == Approx(0).margin(0.01));
  CHECK(second == Approx(1).epsilon(0.02));
  CHECK(fourth == Approx(3).epsilon(0.05));
}

TEST_CASE("a permutation holds every index once and every place is equally likely") {
  std::vector<std::int64_t> order = permutation({3, Purpose::batch_order, 0, 0}, 1000);
  CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (std::int64_t i = 0; i < 1000; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
  std::array<int, 5> first{};
  for (std::uint64_t seed = 0; seed < 5000; ++seed)
    ++first[static_cast<std::size_t>(permutation({seed, Purpose::batch_order, 0, 0}, 5)[0])];
  for (const int count : first) CHECK(count == Approx(1000).margin(130));  // 4.5 standard deviations
}
