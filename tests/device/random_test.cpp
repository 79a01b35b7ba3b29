// SPDX-License-Identifier: MIT
// The keyed random numbers of a device are the CPU's.
#include <catch2/catch.hpp>

#include "eigensweep/models/numerics/lane_random.hpp"
#include "pretended/events.hpp"
#include "pretended/memory.hpp"

using namespace eigensweep;

namespace {

const std::vector<std::uint64_t> seeds{0, 7, 1ULL << 40, 0xFFFFFFFFFFFFFFFF};
const std::vector<std::int64_t> streams{5, 0, 1LL << 33, 0x7FFFFFFFFFFFFFFF};

}  // namespace

TEST_CASE("uniform numbers are the CPU's bit for bit, normal ones to the last bit") {
  const models::LaneRandom on_cpu(seeds, random::Purpose::noise, 3, torch::kCPU);
  const models::LaneRandom on_device(seeds, random::Purpose::noise, 3, pretended::device);
  const torch::Tensor ids = torch::tensor(streams, torch::kInt64), here = ids.to(pretended::device);
  for (const std::int64_t count : {1, 2, 3, 4, 1001}) {
    INFO(count);
    CHECK(torch::equal(on_device.uniform(here, count, -0.3F, 0.3F).cpu(), on_cpu.uniform(ids, count, -0.3F, 0.3F)));
    CHECK(torch::equal(on_device.uniform(here, count, 0, 1).cpu(), on_cpu.uniform(ids, count, 0, 1)));
    CHECK(torch::allclose(on_device.normal(here, count).cpu(), on_cpu.normal(ids, count), 2e-7, 0));
  }
}

TEST_CASE("a large draw is made in parts, with the same numbers") {
  constexpr std::int64_t count = (1 << 22) + 5;  // four lanes of it are more than one part
  const models::LaneRandom on_cpu(seeds, random::Purpose::noise, 0, torch::kCPU);
  const models::LaneRandom on_device(seeds, random::Purpose::noise, 0, pretended::device);
  const torch::Tensor ids = torch::zeros({1}, torch::kInt64), here = ids.to(pretended::device);
  CHECK(torch::equal(on_device.uniform(here, count, 0, 1).cpu(), on_cpu.uniform(ids, count, 0, 1)));
}

TEST_CASE("a draw neither waits nor copies") {
  const models::LaneRandom on_device(seeds, random::Purpose::noise, 3, pretended::device);
  const torch::Tensor here = torch::full({1}, 9, torch::TensorOptions().dtype(torch::kInt64).device(pretended::device));
  const auto before = pretended::counts();
  const torch::Tensor numbers = on_device.uniform(here, 100, 0, 1) + on_device.normal(here, 100);
  const auto drawn = pretended::counts() - before;
  CHECK(drawn.waits == 0);
  CHECK(drawn.uploads == 0);
  CHECK(drawn.operations <= 240);
  CHECK(numbers.isfinite().all().item<bool>());
}
