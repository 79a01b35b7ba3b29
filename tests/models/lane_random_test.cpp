// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/lane_random.hpp"

#include <catch2/catch.hpp>

using namespace eigensweep;
using namespace eigensweep::random;

TEST_CASE("each lane and stream has the numbers of its key") {
  const std::vector<std::uint64_t> seeds{0, 7, 1ULL << 40};
  const std::vector<std::int64_t> streams{5, 0, 1LL << 33, 5};
  const models::LaneRandom random(seeds, Purpose::noise, 3, torch::kCPU);
  const torch::Tensor ids = torch::tensor(streams, torch::kInt64);
  const torch::Tensor uniform = random.uniform(ids, 11, -2, 3), normal = random.normal(ids, 11);
  REQUIRE(uniform.sizes() == std::vector<std::int64_t>{3, 4, 11});
  REQUIRE(normal.sizes() == uniform.sizes());
  for (std::size_t lane = 0; lane < seeds.size(); ++lane) {
    for (std::size_t i = 0; i < streams.size(); ++i) {
      const Key key{seeds[lane], Purpose::noise, static_cast<std::uint64_t>(streams[i]), 3};
      torch::Tensor expected = torch::empty({11});
      fill_uniform(key, -2, 3, std::span(expected.data_ptr<float>(), 11));
      CHECK(torch::equal(uniform[static_cast<std::int64_t>(lane)][static_cast<std::int64_t>(i)], expected));
      fill_normal(key, std::span(expected.data_ptr<float>(), 11));
      CHECK(torch::equal(normal[static_cast<std::int64_t>(lane)][static_cast<std::int64_t>(i)], expected));
    }
  }
}
