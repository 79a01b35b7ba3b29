// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/job/share.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <numeric>
#include <set>

#include "eigensweep/core/here.hpp"
#include "scratch.hpp"

using namespace eigensweep;
using namespace eigensweep::sweep;

namespace {

Sight sight(std::vector<int> cpus, double memory = 100) {
  Sight made;
  made.cpus = std::move(cpus);
  made.memory = memory;
  return made;
}

std::vector<int> first_cpus(int count, int from = 0) {
  std::vector<int> cpus(static_cast<std::size_t>(count));
  std::iota(cpus.begin(), cpus.end(), from);
  return cpus;
}

GroupLimit quota(double cores, const std::string& group) { return {cores, "cpu.max", group, 0}; }

std::vector<Share> shares_of(const std::vector<Sight>& ranks) {
  std::vector<Share> shares;
  for (std::size_t i = 0; i < ranks.size(); ++i) shares.push_back(share_of(ranks, i));
  return shares;
}

}  // namespace

TEST_CASE("cores are the smaller of the mask and the quota, and at least one") {
  struct Case {
    double quota;
    std::size_t cores;
  };
  for (const Case& c : {Case{0.5, 1}, Case{1, 1}, Case{1.5, 1}, Case{2.5, 2}, Case{8, 8}, Case{64, 8}, Case{0.01, 1}}) {
    Sight rank = sight(first_cpus(8));
    rank.limits.cores = {quota(c.quota, "a")};
    const Share share = share_of({rank}, 0);
    CHECK(share.cores == c.cores);
    CHECK(share.cpus == first_cpus(8));  // the quota limits the time, and the kernel chooses the CPUs
  }
  CHECK(share_of({sight(first_cpus(8))}, 0).cores_by == "8 in the affinity mask");
  Sight rank = sight(first_cpus(64));
  rank.limits.cores = {quota(4, "outer"), quota(2.5, "inner")};
  CHECK(share_of({rank}, 0).cores_by == "2 by the control group's quota of 2.5 (cpu.max), 64 in the affinity mask");
}

TEST_CASE("ranks share the quota of the group that holds them, and nobody else's") {
  std::vector<Sight> ranks(4, sight(first_cpus(64)));
  for (Sight& rank : ranks) rank.limits.cores = {quota(10, "job")};
  for (const Share& share : shares_of(ranks)) CHECK(share.cores == 2);
  CHECK(share_of(ranks, 3).cores_by ==
        "2 by the control group's quota of 10 for 4 ranks (cpu.max), 64 in the affinity mask for 4 ranks");
  // Each task has its own group below that of the job.
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i].limits.cores.push_back(quota(1, fmt::format("task{}", i)));
  for (const Share& share : shares_of(ranks)) CHECK(share.cores == 1);
  for (Sight& rank : ranks) rank.limits.cores = {quota(2, "job")};
  for (const Share& share : shares_of(ranks)) CHECK(share.cores == 1);  // half a core each: one thread each
  ranks[3].limits.cores = {};
  CHECK(share_of(ranks, 3).cores == 16);
  // A quota of less than one core per rank is named, although the affinity mask alone would also give one thread.
  std::vector<Sight> two(2, sight(first_cpus(2)));
  for (Sight& rank : two) rank.limits.cores = {quota(1, "job")};
  CHECK(share_of(two, 1).cores == 1);
  CHECK(share_of(two, 1).cores_by ==
        "1 by the control group's quota of 1 for 2 ranks (cpu.max), 2 in the affinity mask for 2 ranks");
}

TEST_CASE("ranks with equal masks divide their CPUs, each CPU goes to one of them") {
  for (const int cpus : {2, 3, 8, 64}) {
    for (std::size_t count = 1; count <= 4; ++count) {
      const auto shares = shares_of(std::vector<Sight>(count, sight(first_cpus(cpus))));
      std::multiset<int> all;
      for (const Share& share : shares) {
        all.insert(share.cpus.begin(), share.cpus.end());
        CHECK(share.cores == std::max<std::size_t>(1, static_cast<std::size_t>(cpus) / count));
        if (count <= static_cast<std::size_t>(cpus)) CHECK(share.cpus.size() >= share.cores);
      }
      if (count <= static_cast<std::size_t>(cpus)) {
        const std::vector<int> expected = first_cpus(cpus);
        CHECK(all == std::multiset<int>(expected.begin(), expected.end()));
      } else {
        CHECK(shares[0].cpus == first_cpus(cpus));
      }
    }
  }
  CHECK(share_of(std::vector<Sight>(2, sight(first_cpus(2))), 1).cores_by ==
        "1 of the 2 in the affinity mask for 2 ranks");
}

TEST_CASE("a launcher's binding stays") {
  // mpirun --bind-to core, and to two sockets.
  const auto bound = shares_of({sight({0}), sight({1}), sight(first_cpus(4, 4)), sight(first_cpus(4, 4))});
  CHECK(bound[0].cpus == std::vector<int>{0});
  CHECK(bound[1].cpus == std::vector<int>{1});
  CHECK(bound[2].cpus == std::vector<int>{4, 5});
  CHECK(bound[3].cpus == std::vector<int>{6, 7});
  // Masks that overlap without being equal.
  const auto mixed = shares_of({sight({0, 1, 2}), sight({2, 3})});
  CHECK(mixed[0].cpus == std::vector<int>{0, 1, 2});
  CHECK(mixed[1].cpus == std::vector<int>{2, 3});
  CHECK(mixed[1].cores == 1);
}

TEST_CASE("memory is the smaller of the machine's and the group's, divided among those who share it") {
  Sight rank = sight(first_cpus(2), 8e9);
  CHECK(share_of({rank}, 0).memory == 8e9);
  CHECK(share_of({rank}, 0).memory_by == "7.5 GiB in the machine");
  // Ranks that are bound to different cores still share the machine's memory.
  CHECK(share_of({sight({0}, 8e9), sight({1}, 8e9)}, 0).memory == 4e9);
  CHECK(share_of({sight({0}, 8e9), sight({1}, 8e9)}, 0).memory_by ==
        "3.7 GiB of the 7.5 GiB in the machine for 2 ranks");
  rank.limits.memory = {{9223372036854771712.0, "memory.limit_in_bytes", "root", 0}, {3e9, "memory.max", "job", 0}};
  CHECK(share_of({rank}, 0).memory == 3e9);
  CHECK(share_of({rank}, 0).memory_by ==
        "2.8 GiB by the control group's limit of 2.8 GiB (memory.max), 7.5 GiB in the machine");
  CHECK(share_of({rank, rank, rank}, 2).memory == 1e9);
}

TEST_CASE("neighbours in the machine are neighbours in a share") {
  // Two packages of two cores with two threads each. As usual, the second threads of the cores have the last numbers.
  const Scratch root;
  for (int cpu = 0; cpu < 8; ++cpu) {
    const auto folder = root.path() / fmt::format("sys/devices/system/cpu/cpu{}/topology", cpu);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "physical_package_id") << (cpu % 4) / 2;
    std::ofstream(folder / "core_id") << cpu % 2;
  }
  CHECK(in_machine_order(first_cpus(8), root.path()) == std::vector<int>{0, 4, 1, 5, 2, 6, 3, 7});
  CHECK(in_machine_order({3, 1, 2}, root.path() / "none") == std::vector<int>{1, 2, 3});
}

TEST_CASE("CPUs are written as the system writes them") {
  CHECK(cpu_list({}) == "");
  CHECK(cpu_list({3}) == "3");
  CHECK(cpu_list({8, 0, 1, 2, 3}) == "0-3,8");
  CHECK(cpu_list({0, 2, 4, 5}) == "0,2,4-5");
}
