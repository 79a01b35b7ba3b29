// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/simulation.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "eigensweep/balanced/options.hpp"

using namespace eigensweep::balanced;

namespace {

Network small_network(Populations populations, double removed = 0) {
  Options options;
  options.populations = populations;
  options.neurons = 300;
  options.inputs = 40;
  options.removed_share = removed;
  return network_of(options);
}

// Whether every count is what the graph and the states say.
template <class Target>
bool counts_are_right(const Simulation<Target>& simulation) {
  for (std::size_t channel = 0; channel < simulation.channels().weights.size(); ++channel) {
    std::vector<std::int64_t> counts(simulation.neurons(), 0);
    for (std::size_t source = 0; source < simulation.neurons(); ++source) {
      if (!simulation.is_active(source)) continue;
      for (const Target target : simulation.graph().targets(source, channel)) ++counts[target];
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] != simulation.count(channel, i)) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("after many changes the counts are those of a recount, also after a removal") {
  for (const Populations populations : {Populations::one, Populations::two, Populations::pools}) {
    Simulation<std::uint16_t> simulation(small_network(populations, 0.3), 1, 0.1);
    CHECK(counts_are_right(simulation));
    simulation.advance(100000);
    CHECK(simulation.active(0) > 0);
    CHECK(counts_are_right(simulation));
    simulation.remove();
    simulation.advance(50000);
    CHECK(counts_are_right(simulation));
  }
}

TEST_CASE("activities are sums over updates of what was active before them") {
  Simulation<std::uint16_t> simulation(small_network(Populations::two), 1, 0.1);
  std::vector<std::int64_t> sums(2, 0);
  for (int update = 0; update < 3000; ++update) {
    for (std::size_t k = 0; k < 2; ++k) sums[k] += simulation.active(k);
    simulation.advance(1);
  }
  CHECK(simulation.activity(0) == sums[0]);
  CHECK(simulation.activity(1) == sums[1]);
  const auto times = simulation.times();
  std::int64_t of_first = 0, active = 0;
  for (std::size_t i = 0; i < 300; ++i) of_first += times[i];
  for (std::size_t i = 0; i < 300; ++i) active += simulation.is_active(i) ? 1 : 0;
  CHECK(of_first == sums[0]);
  CHECK(active == simulation.active(0));
}

TEST_CASE("pieces of any length and numbers of any size give the same simulation") {
  const Network network = small_network(Populations::two);
  Simulation<std::uint16_t> one(network, 3, 0.1);
  Simulation<std::uint32_t> other(network, 3, 0.1);
  one.advance(30000);
  for (const std::int64_t piece : {1, 999, 1, 14000, 14999}) other.advance(piece);
  CHECK(one.updates() == other.updates());
  CHECK(one.times() == other.times());
}

TEST_CASE("a larger share of removed neurons contains a smaller one, and they stay silent") {
  std::vector<std::vector<bool>> removed;
  for (const double share : {0.1, 0.3, 0.9}) {
    Simulation<std::uint16_t> simulation(small_network(Populations::two, share), 2, 0.1);
    simulation.advance(10000);
    simulation.remove();
    const auto before = simulation.times();
    simulation.advance(10000);
    const auto after = simulation.times();
    std::vector<std::int64_t> gone(2, 0);
    removed.emplace_back();
    for (std::size_t i = 0; i < 600; ++i) {
      removed.back().push_back(simulation.is_removed(i));
      if (!simulation.is_removed(i)) continue;
      ++gone[i / 300];
      CHECK(after[i] == before[i]);
    }
    for (const std::int64_t number : gone) CHECK(number == static_cast<std::int64_t>(300 * share));
  }
  for (std::size_t i = 0; i < 600; ++i) {
    CHECK((!removed[0][i] || removed[1][i]));
    CHECK((!removed[1][i] || removed[2][i]));
  }
}

TEST_CASE("with 65,536 neurons targets still fit into 16 bits, and counts do with as many inputs as one may have") {
  Options options;
  options.populations = Populations::pools;
  options.neurons = 32768;
  options.inputs = 1;
  const Simulation<std::uint16_t> simulation(network_of(options), 0, 0.1);
  CHECK(simulation.neurons() == 65536);
  CHECK(counts_are_right(simulation));
}
