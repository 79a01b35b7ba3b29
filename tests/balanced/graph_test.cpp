// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/graph.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "eigensweep/balanced/options.hpp"
#include "skips.hpp"

using namespace eigensweep;
using namespace eigensweep::balanced;

namespace {

Network sparse_network(Populations populations, std::int64_t neurons, std::int64_t inputs) {
  Options options;
  options.populations = populations;
  options.neurons = neurons;
  options.inputs = inputs;
  return network_of(options);
}

}  // namespace

TEST_CASE("numbers that are drawn many at once are those of the stream") {
  const random::Key key{3, random::Purpose::updates, (5ULL << 32) + 1, 2};
  Numbers numbers(key);
  random::Stream stream(key);
  bool is_same = true;
  for (int i = 0; i < 2000; ++i) {
    is_same = is_same && numbers.next() == stream.next();
    is_same = is_same && numbers.below(3000000000U) == stream.below(3000000000U);  // rejects three numbers in ten
  }
  CHECK(is_same);
}

TEST_CASE("skips are geometric, also where they leave the table") {
  for (const double probability : {1.0, 0.7, 0.1, 1e-4}) {
    INFO(probability);
    const Skips skips(probability);
    Numbers numbers({7, random::Purpose::synapses, 0, 0});
    constexpr int draws = 200000;
    double sum = 0, squares = 0;
    for (int i = 0; i < draws; ++i) {
      const auto skip = static_cast<double>(skips.draw(numbers));
      sum += skip / draws;
      squares += skip * skip / draws;
    }
    // A geometric number of failures: mean (1 - p)/p, variance (1 - p)/p^2, kurtosis 9 at most.
    const double mean = (1 - probability) / probability, variance = mean / probability;
    CHECK(std::abs(sum - mean) <= 4 * std::sqrt(variance / draws));
    CHECK(std::abs(squares - sum * sum - variance) <= 4 * variance * std::sqrt(8.0 / draws));
  }
}

TEST_CASE("synapses are drawn with their probability and sign, and none is on its own neuron") {
  for (const Populations populations : {Populations::one, Populations::two, Populations::pools}) {
    const Network network = sparse_network(populations, 1500, 60);
    const Channels channels = channels_of(network);
    const Graph<std::uint16_t> graph(network, channels, 5);
    REQUIRE(channels.weights.size() == 2);
    for (std::size_t l = 0; l < network.size(); ++l) {
      for (std::size_t k = 0; k < network.size(); ++k) {
        double synapses = 0, plus = 0;
        for (std::size_t source = 1500 * l; source < 1500 * (l + 1); ++source) {
          for (std::size_t channel = 0; channel < 2; ++channel) {
            const auto targets = graph.targets(source, channel);
            CHECK(std::adjacent_find(targets.begin(), targets.end(), std::greater_equal<>()) == targets.end());
            CHECK_FALSE(std::binary_search(targets.begin(), targets.end(), source));
            const auto here = std::count_if(targets.begin(), targets.end(), [&](auto i) { return i / 1500U == k; });
            synapses += static_cast<double>(here);
            if (channels.weights[channel][k] > 0) plus += static_cast<double>(here);
          }
        }
        const double pairs = 1500.0 * (k == l ? 1499 : 1500), probability = 60.0 / 1500;
        CHECK(std::abs(synapses - pairs * probability) < 4 * std::sqrt(pairs * probability));
        const double share = network.coupling(k, l).share;
        CHECK(std::abs(plus - share * synapses) <= 4 * std::sqrt(share * (1 - share) * synapses));
      }
    }
  }
}

TEST_CASE("neurons have binomial numbers of inputs") {
  const Network network = sparse_network(Populations::one, 3000, 100);
  const Graph<std::uint16_t> graph(network, channels_of(network), 2);
  std::vector<double> inputs(3000, 0);
  for (std::size_t source = 0; source < 3000; ++source) {
    for (std::size_t channel = 0; channel < 2; ++channel) {
      for (const auto target : graph.targets(source, channel)) ++inputs[target];
    }
  }
  double variance = 0;
  for (const double number : inputs) variance += (number - 100) * (number - 100) / 3000;
  CHECK(variance == Approx(100 * (1 - 100.0 / 3000)).epsilon(4 * std::sqrt(2.0 / 3000)));
}

TEST_CASE("where every pair has a synapse, every neuron is on every other") {
  const Network network = sparse_network(Populations::two, 20, 20);
  const Graph<std::uint32_t> graph(network, channels_of(network), 0);
  CHECK(graph.synapses() == 2 * (20 * 19 + 20 * 20));
}

TEST_CASE("the graph is a function of the seed, and of no number's size") {
  const Network network = sparse_network(Populations::pools, 300, 20);
  const Channels channels = channels_of(network);
  const Graph<std::uint16_t> small(network, channels, 4), other(network, channels, 5);
  const Graph<std::uint32_t> large(network, channels, 4);
  bool is_same = true, is_other = false;
  for (std::size_t source = 0; source < 600; ++source) {
    for (std::size_t channel = 0; channel < 2; ++channel) {
      const auto a = small.targets(source, channel), b = other.targets(source, channel);
      const auto c = large.targets(source, channel);
      is_same = is_same && std::equal(a.begin(), a.end(), c.begin(), c.end());
      is_other = is_other || !std::equal(a.begin(), a.end(), b.begin(), b.end());
    }
  }
  CHECK(is_same);
  CHECK(is_other);
}
