// SPDX-License-Identifier: MIT
// A network of ten neurons is a Markov chain of 1,024 states. Its stationary distribution, and how much averages over a
// finite time scatter about it, follow from linear algebra.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "eigensweep/balanced/mean_field.hpp"
#include "eigensweep/balanced/simulation.hpp"

using namespace eigensweep::balanced;

namespace {

constexpr std::size_t neurons = 10, states = 1U << neurons;
using OverStates = std::vector<double>;

// Two populations of five with Dale's law. The inhibitory one is updated three times as often.
Network tiny() {
  Network network;
  network.populations = {{5, 0.4, 0.3, 1}, {5, 0.3, 0.2, 1.0 / 3}};
  network.couplings = {{1, 0, 1}, {0, 1.6, 0}, {0.9, 0, 1}, {0, 1.2, 0}};
  network.inputs = 3;
  network.drive_noise = 1.5;
  return network;
}

class Chain {
 public:
  Chain(const Network& network, const Graph<std::uint16_t>& graph) : up_(states * neurons) {
    // weights[i][j]: of the synapse from j on i, from the couplings and not from the simulation's channels.
    std::array<std::array<double, neurons>, neurons> weights{};
    const double scale = std::sqrt(static_cast<double>(network.inputs));
    for (std::size_t source = 0; source < neurons; ++source) {
      for (std::size_t channel = 0; channel < 2; ++channel) {
        for (const std::uint16_t target : graph.targets(source, channel)) {
          const Coupling& coupling = network.coupling(target / 5, source / 5);
          weights[target][source] = (coupling.excitatory - coupling.inhibitory) / scale;
        }
      }
    }
    for (std::size_t i = 0; i < neurons; ++i) {
      const Population& population = network.populations[i / 5];
      chosen_[i] = 1 / population.tau / network.update_rate();
      const double drive = scale * population.drive;
      for (std::size_t state = 0; state < states; ++state) {
        double field = drive - population.threshold;
        for (std::size_t j = 0; j < neurons; ++j) field += (state >> j & 1U) != 0 ? weights[i][j] : 0;
        up_[state * neurons + i] = normal_tail(-field / (drive * network.drive_noise));
      }
    }
  }

  // The mean of f after one update.
  [[nodiscard]] OverStates after_update(const OverStates& f) const {
    OverStates mean(states, 0);
    for (std::size_t state = 0; state < states; ++state) {
      for (std::size_t i = 0; i < neurons; ++i) {
        const double up = up_[state * neurons + i];
        mean[state] += chosen_[i] * (up * f[state | 1U << i] + (1 - up) * f[state & ~(std::size_t{1} << i)]);
      }
    }
    return mean;
  }

  [[nodiscard]] OverStates stationary() const {
    OverStates now(states, 1.0 / states);
    for (double change = 1; change > 1e-14;) {
      OverStates next(states, 0);
      for (std::size_t state = 0; state < states; ++state) {
        for (std::size_t i = 0; i < neurons; ++i) {
          const double up = up_[state * neurons + i];
          next[state | 1U << i] += now[state] * chosen_[i] * up;
          next[state & ~(std::size_t{1} << i)] += now[state] * chosen_[i] * (1 - up);
        }
      }
      change = 0;
      for (std::size_t state = 0; state < states; ++state) change += std::abs(next[state] - now[state]);
      now = next;
    }
    return now;
  }

 private:
  std::array<double, neurons> chosen_{};
  OverStates up_;
};

double dot(const OverStates& a, const OverStates& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// T times the variance of f's mean over T updates, T large: 2 sum_t cov(f_0, f_t) - var(f).
double scatter(const Chain& chain, const OverStates& stationary, OverStates f) {
  const double mean = dot(stationary, f);
  for (double& value : f) value -= mean;
  OverStates later = f, weighted(states);
  for (std::size_t state = 0; state < states; ++state) weighted[state] = stationary[state] * f[state];
  double sum = -dot(weighted, f);
  for (double covariance = 1; std::abs(covariance) > 1e-7;) {
    covariance = dot(weighted, later);
    sum += 2 * covariance;
    later = chain.after_update(later);
  }
  return sum;
}

}  // namespace

TEST_CASE("a tiny network visits its states as often as its Markov chain does") {
  constexpr std::int64_t updates = 300000;
  std::vector<std::uint32_t> masks;  // the product of these neurons' activities
  for (std::uint32_t i = 0; i < neurons; ++i) masks.push_back(1U << i);
  for (const std::uint32_t pair : {0x003U, 0x00AU, 0x021U, 0x042U, 0x204U, 0x060U, 0x180U, 0x220U})
    masks.push_back(pair);
  double squares = 0, largest = 0, count = 0;
  for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL, 4ULL}) {
    const Network network = tiny();
    Simulation<std::uint16_t> simulation(network, seed, 0.3);
    const Chain chain(network, simulation.graph());
    const OverStates stationary = chain.stationary();
    simulation.advance(2000);
    std::vector<double> visits(states, 0);
    const std::vector<std::int64_t> before = simulation.times();
    for (std::int64_t update = 0; update < updates; ++update) {
      std::size_t state = 0;
      for (std::size_t i = 0; i < neurons; ++i) state |= std::size_t{simulation.is_active(i)} << i;
      visits[state] += 1.0 / updates;
      simulation.advance(1);
    }
    const std::vector<std::int64_t> after = simulation.times();
    for (const std::uint32_t mask : masks) {
      OverStates f(states);
      for (std::size_t state = 0; state < states; ++state) f[state] = (state & mask) == mask ? 1 : 0;
      const double deviation =
          (dot(visits, f) - dot(stationary, f)) / std::sqrt(scatter(chain, stationary, f) / updates);
      squares += deviation * deviation;
      largest = std::max(largest, std::abs(deviation));
      ++count;
    }
    for (std::size_t i = 0; i < neurons; ++i) {  // the times that are kept per change say the same
      OverStates f(states);
      for (std::size_t state = 0; state < states; ++state) f[state] = (state >> i & 1U) != 0 ? 1 : 0;
      CHECK(static_cast<double>(after[i] - before[i]) / updates == Approx(dot(visits, f)).margin(1e-9));
    }
  }
  // Deviations in units of their standard deviation: 72 of them, not all independent. Their mean square is 1, with a
  // scatter of sqrt(2/72) = 0.17 or, of pairs that share neurons, somewhat more.
  CHECK(largest < 4);
  CHECK(squares / count == Approx(1).margin(0.6));
}
