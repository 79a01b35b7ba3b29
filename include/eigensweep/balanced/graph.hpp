// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "eigensweep/balanced/network.hpp"

namespace eigensweep::balanced {

/// The weights that synapses have. Synapses of one channel have the same weight on a given target population, so a
/// neuron's field follows from how many of its inputs are active in each channel: integers, which never drift.
struct Channels {
  /// [channel][target population]: J of the channel, signed; the weight is J/sqrt(K).
  std::vector<std::vector<double>> weights;
  /// [source population]: the channel of its excitatory and of its inhibitory synapses; -1 where it has none.
  std::vector<std::int32_t> excitatory, inhibitory;
};

Channels channels_of(const Network& network);

/// A random graph. Neurons of all populations are numbered one population after the other.
/// Target: an unsigned integer that holds every number; the smaller it is, the less memory a flip reads.
template <class Target>
class Graph {
 public:
  /// Draws it: each synapse by itself, never from a neuron to itself. A pure function of network and seed.
  Graph(const Network& network, const Channels& channels, std::uint64_t seed);

  /// Whom a neuron has a synapse of this channel on, in ascending order.
  [[nodiscard]] std::span<const Target> targets(std::size_t source, std::size_t channel) const noexcept {
    const std::size_t place = source * channels_ + channel;
    return {targets_.data() + begins_[place], targets_.data() + begins_[place + 1]};
  }
  [[nodiscard]] std::size_t synapses() const noexcept { return targets_.size(); }

 private:
  std::size_t channels_;
  std::vector<std::uint64_t> begins_;
  std::vector<Target> targets_;
};

extern template class Graph<std::uint16_t>;
extern template class Graph<std::uint32_t>;

}  // namespace eigensweep::balanced
