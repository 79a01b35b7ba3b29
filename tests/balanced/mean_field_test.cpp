// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/mean_field.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "eigensweep/balanced/options.hpp"

using namespace eigensweep::balanced;

namespace {

Network network_with(Populations populations, std::int64_t inputs = 400) {
  Options options;
  options.populations = populations;
  options.inputs = inputs;
  options.neurons = 10 * inputs;
  return network_of(options);
}

double present(const Network& network) {
  return static_cast<double>(network.inputs) / static_cast<double>(network.populations[0].neurons);
}

// By hand: E[J^2] - K/N E[J]^2, times the rates.
double variance_by_hand(const Network& network, std::size_t k, const std::vector<double>& rates) {
  double variance = 0;
  for (std::size_t l = 0; l < rates.size(); ++l) {
    const Coupling& j = network.coupling(k, l);
    const double square = j.share * j.excitatory * j.excitatory + (1 - j.share) * j.inhibitory * j.inhibitory;
    const double mean = j.share * j.excitatory - (1 - j.share) * j.inhibitory;
    variance += (square - present(network) * mean * mean) * rates[l];
  }
  return variance;
}

}  // namespace

TEST_CASE("the mean field comes to rest where thresholds were put for given rates") {
  // Rates Phi(-z) follow if the threshold lies z standard deviations above the mean input.
  for (const Populations populations : {Populations::one, Populations::two}) {
    Network network = network_with(populations);
    const std::vector<double> z = populations == Populations::one ? std::vector{1.1} : std::vector{1.2, 0.9};
    std::vector<double> rates;
    for (const double above : z) rates.push_back(std::erfc(above / std::numbers::sqrt2) / 2);
    for (std::size_t k = 0; k < rates.size(); ++k) {
      double input = network.populations[k].drive;
      for (std::size_t l = 0; l < rates.size(); ++l) input += network.coupling(k, l).mean() * rates[l];
      network.populations[k].threshold =
          std::sqrt(400.0) * input + z[k] * std::sqrt(variance_by_hand(network, k, rates));
    }
    const std::vector<double> found = mean_field_rates(network, std::vector<double>(rates.size(), 0.3));
    for (std::size_t k = 0; k < rates.size(); ++k) CHECK(found[k] == Approx(rates[k]).epsilon(1e-9));
  }
}

TEST_CASE("the mean field answers a change of a rate as its derivative by hand says") {
  const Network network = network_with(Populations::two);
  const std::vector<double> rates{0.12, 0.15};
  for (std::size_t l = 0; l < 2; ++l) {
    std::vector<double> above = rates, below = rates;
    above[l] += 1e-6;
    below[l] -= 1e-6;
    const std::vector<double> high = answered(network, above), low = answered(network, below);
    for (std::size_t k = 0; k < 2; ++k) {
      const Coupling& j = network.coupling(k, l);
      double input = network.populations[k].drive;
      for (std::size_t s = 0; s < 2; ++s) input += network.coupling(k, s).mean() * rates[s];
      const double field = 20 * input - network.populations[k].threshold;
      const double variance = variance_by_hand(network, k, rates), deviation = std::sqrt(variance);
      const double slope = 20 * j.mean() / deviation -
                           field * (j.square() - present(network) * j.mean() * j.mean()) / (2 * variance * deviation);
      const double density = std::exp(-field * field / (2 * variance)) / std::sqrt(2 * std::numbers::pi);
      CHECK((high[k] - low[k]) / 2e-6 == Approx(density * slope).epsilon(1e-6));
    }
  }
}

TEST_CASE("noise of the drive adds K times its squared field to the variance") {
  Network network = network_with(Populations::one);
  network.drive_noise = 0.3;
  const std::vector<double> rates{0.2};
  const double drive = network.populations[0].drive;
  const double field = 20 * (drive + network.coupling(0, 0).mean() * 0.2) - 0.5;
  const double variance = variance_by_hand(network, 0, rates) + std::pow(20 * drive * 0.3, 2);
  CHECK(answered(network, rates)[0] == Approx(normal_tail(-field / std::sqrt(variance))).epsilon(1e-12));
}

TEST_CASE("for K to infinity rates are linear in the drive") {
  const auto two = limit_rates(network_with(Populations::two));
  CHECK(two[0] == Approx(0.1));  // J = [[1, -1.6], [1, -1.2]], J_0 m0 = (0.1, 0.05)
  CHECK(two[1] == Approx(0.125));
  CHECK(limit_rates(network_with(Populations::one))[0] == Approx(0.1));  // -0.8 x 0.1 / -0.8
  // Pools: the gain is J_0/|Js - Jc|.
  const auto pools = limit_rates(network_with(Populations::pools));
  CHECK(pools[0] - pools[1] == Approx(0.8 * 0.01 / (0.8 - 0.56)));
}

TEST_CASE("rates at finite K approach those for K to infinity as 1/sqrt(K)") {
  for (const Populations populations : {Populations::one, Populations::two, Populations::pools}) {
    double last = 0;
    for (const std::int64_t inputs : {10000000, 1000000000}) {
      const Network network = network_with(populations, inputs);
      const auto limit = limit_rates(network);
      const auto rates = mean_field_rates(network, limit);
      const double distance = std::abs(rates[0] - limit[0]);
      if (last > 0) CHECK(last / distance == Approx(10).epsilon(0.1));
      last = distance;
    }
  }
}

TEST_CASE("where two pools cannot balance together, the stronger wins") {
  Options options;
  options.populations = Populations::pools;
  options.j_0 = 1;
  options.drive = 0.16;
  options.p_exc = 0.45;  // Js = -0.65
  options.cross_coupling = -0.8;
  options.inputs = 100000;
  options.neurons = 1000000;
  for (const double sign : {1.0, -1.0}) {
    options.drive_difference = 0.01 * sign;
    const Network network = network_of(options);
    const std::size_t winner = sign > 0 ? 0 : 1;
    const auto limit = limit_rates(network), rates = mean_field_rates(network, {0.16, 0.16});
    CHECK(limit[winner] == Approx(0.165 / 0.65));
    CHECK(limit[1 - winner] == 0);
    CHECK(rates[winner] > 0.2);
    CHECK(rates[1 - winner] < 0.02);
  }
}

TEST_CASE("what is left of a network does the work of what was removed") {
  for (const Populations populations : {Populations::one, Populations::two}) {
    Network network = network_with(populations);
    const auto whole = limit_rates(network);
    network.removed_share = 0.25;
    const auto left = limit_rates(network);
    for (std::size_t k = 0; k < whole.size(); ++k) CHECK(left[k] == Approx(whole[k] / 0.75));
    // Removal is a smaller rate of all inputs: at the rate m of what is left, the field is that of a rate 0.75 m.
    Network full = network;
    full.removed_share = 0;
    const std::vector<double> rates(whole.size(), 0.2), less(whole.size(), 0.15);
    CHECK(answered(network, rates)[0] == Approx(answered(full, less)[0]).epsilon(1e-12));
  }
}

TEST_CASE("without inhibition on balance there is no limit, and rates run away") {
  Options options;
  options.p_exc = 0.9;
  const Network network = network_of(options);
  CHECK(std::isnan(limit_rates(network)[0]));
  CHECK(mean_field_rates(network, {0.1})[0] == Approx(1).margin(1e-6));
}
