// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "eigensweep/balanced/graph.hpp"
#include "eigensweep/balanced/network.hpp"
#include "eigensweep/balanced/numbers.hpp"
#include "eigensweep/core/random.hpp"

namespace eigensweep::balanced {

/// A network that is updated one neuron at a time: every neuron of population k at rate 1/tau_k, independently of all
/// others. So the next neuron is of population k with probability N_k/tau_k over the sum, and any of its neurons.
/// Time is counted in updates; network.update_rate() of them are a unit of time.
///
/// Every neuron keeps how many of its inputs are active. An update is then one comparison, and only a neuron that
/// changes walks its outgoing synapses.
template <class Target>
class Simulation {
 public:
  /// Draws the graph and the first state: a neuron is active with probability `active`.
  Simulation(const Network& network, std::uint64_t seed, double active);

  void advance(std::int64_t updates);
  /// Multiplies the drive of all populations by `factor` from now on.
  void scale_drive(double factor);
  /// Silences network.removed() neurons of every population for good. A larger share contains a smaller one.
  void remove();

  [[nodiscard]] std::int64_t updates() const noexcept { return now_; }
  [[nodiscard]] std::int64_t active(std::size_t population) const noexcept { return active_[population]; }
  /// The sum over all updates so far of how many of the population's neurons were active just before.
  [[nodiscard]] std::int64_t activity(std::size_t population) const noexcept;
  /// Before how many of the updates so far each neuron was active. All populations, one after the other.
  [[nodiscard]] std::vector<std::int64_t> times() const;
  [[nodiscard]] bool is_active(std::size_t neuron) const noexcept { return state_[neuron] != 0; }
  [[nodiscard]] bool is_removed(std::size_t neuron) const noexcept { return removed_[neuron] != 0; }
  /// How many inputs of a channel are active.
  [[nodiscard]] std::int64_t count(std::size_t channel, std::size_t neuron) const noexcept {
    return counts_[channel][neuron];
  }
  [[nodiscard]] const Graph<Target>& graph() const noexcept { return graph_; }
  [[nodiscard]] const Channels& channels() const noexcept { return channels_; }
  [[nodiscard]] std::size_t neurons() const noexcept { return state_.size(); }

 private:
  struct Pick {
    std::uint32_t neuron;
    std::uint32_t population;
  };

  void draw_picks() noexcept;
  [[nodiscard]] bool wants_active(Pick pick) noexcept;
  void flip(Pick pick) noexcept;

  Network network_;
  Channels channels_;
  Graph<Target> graph_;
  std::vector<std::uint32_t> ends_;   ///< the neuron after the last of each population
  bool is_uniform_ = true;            ///< all neurons are updated equally often
  std::vector<std::uint64_t> up_to_;  ///< 2^32 times the probability of a population or one before it
  std::vector<double> base_, noise_;  ///< of the field: without inputs; standard deviation of the drive's noise
  std::vector<std::array<double, 2>> weights_;  ///< [population]: of an active input in each channel
  std::vector<std::uint8_t> state_, removed_;
  std::array<std::vector<std::uint16_t>, 2> counts_;  ///< [channel][neuron]
  std::vector<std::int64_t> active_;
  // With signs + for a neuron that becomes active and - else: the sums over changes of the update at which they were.
  // The time that a neuron was active is then its state times now, less its sum.
  std::vector<std::int64_t> sum_, sums_;  ///< of populations, of neurons
  std::vector<Pick> picks_;
  std::size_t next_pick_ = 0;
  Numbers order_;
  random::Stream xi_;
  std::uint64_t seed_;
  std::int64_t now_ = 0;
};

extern template class Simulation<std::uint16_t>;
extern template class Simulation<std::uint32_t>;

}  // namespace eigensweep::balanced
