// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/graph.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigensweep/balanced/numbers.hpp"
#include "eigensweep/core/error.hpp"
#include "skips.hpp"

namespace eigensweep::balanced {
namespace {

// The channel of these weights; a new one if no synapse has them yet.
std::int32_t channel_of(std::vector<std::vector<double>>& channels, const std::vector<double>& weights) {
  const auto found = std::find(channels.begin(), channels.end(), weights);
  const auto place = found - channels.begin();
  if (found == channels.end()) channels.push_back(weights);
  return static_cast<std::int32_t>(place);
}

std::size_t channel(std::int32_t number) { return static_cast<std::size_t>(number); }

/// The targets of one neuron in one channel.
template <class Target>
class Found {
 public:
  explicit Found(std::size_t most) : targets_(most + 1) {}
  /// Writes always and goes on where it is wanted: no branch, because half of the guesses would be wrong.
  void add(Target target, bool is_wanted) noexcept {
    targets_[size_] = target;
    size_ += is_wanted ? 1 : 0;
  }
  void move_to(std::vector<Target>& all) {
    all.insert(all.end(), targets_.begin(), targets_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ = 0;
  }

 private:
  std::vector<Target> targets_;
  std::size_t size_ = 0;
};

}  // namespace

Channels channels_of(const Network& network) {
  Channels channels;
  for (std::size_t source = 0; source < network.size(); ++source) {
    std::vector<double> plus, minus;
    bool has_plus = false, has_minus = false;
    for (std::size_t target = 0; target < network.size(); ++target) {
      const Coupling& coupling = network.coupling(target, source);
      plus.push_back(coupling.excitatory);
      minus.push_back(-coupling.inhibitory);
      has_plus = has_plus || coupling.share > 0;
      has_minus = has_minus || coupling.share < 1;
    }
    channels.excitatory.push_back(has_plus ? channel_of(channels.weights, plus) : -1);
    channels.inhibitory.push_back(has_minus ? channel_of(channels.weights, minus) : -1);
  }
  return channels;
}

template <class Target>
Graph<Target>::Graph(const Network& network, const Channels& channels, std::uint64_t seed)
    : channels_(channels.weights.size()) {
  EIGENSWEEP_EXPECT(network.neurons() - 1 <= std::numeric_limits<Target>::max());
  const auto inputs = static_cast<double>(network.inputs);
  const auto all = static_cast<double>(network.neurons());
  // The number of synapses has the standard deviation sqrt(their mean) at most.
  const double expected = all * inputs * static_cast<double>(network.size());
  targets_.reserve(static_cast<std::size_t>(expected + 5 * std::sqrt(expected)));
  begins_.reserve(static_cast<std::size_t>(all) * channels_ + 1);
  begins_.push_back(0);
  std::vector<Found<Target>> found(channels_, Found<Target>(static_cast<std::size_t>(all)));
  std::uint64_t neuron = 0;
  for (std::size_t source = 0; source < network.size(); ++source) {
    const Population& from = network.populations[source];
    const Skips skips(inputs / static_cast<double>(from.neurons));
    const std::uint64_t first_of_source = neuron;
    for (const auto last = neuron + static_cast<std::uint64_t>(from.neurons); neuron < last; ++neuron) {
      Numbers numbers({seed, random::Purpose::synapses, neuron, 0});
      std::uint64_t begin = 0;
      for (std::size_t target = 0; target < network.size(); ++target) {
        const auto neurons = static_cast<std::uint64_t>(network.populations[target].neurons);
        const double share = network.coupling(target, source).share;
        // The neuron itself is left out of its population, and those after it move up by one.
        const bool is_own = source == target;
        const std::uint64_t own = is_own ? neuron - first_of_source : neurons;
        const std::uint64_t candidates = is_own ? neurons - 1 : neurons;
        const auto place = [&](std::uint64_t i) { return static_cast<Target>(begin + i + (i >= own ? 1 : 0)); };
        if (share == 0 || share == 1) {
          Found<Target>& only = found[channel(share == 1 ? channels.excitatory[source] : channels.inhibitory[source])];
          for (std::uint64_t i = skips.draw(numbers); i < candidates; i += 1 + skips.draw(numbers)) {
            only.add(place(i), true);
          }
        } else {
          Found<Target>& plus = found[channel(channels.excitatory[source])];
          Found<Target>& minus = found[channel(channels.inhibitory[source])];
          const auto plus_below = static_cast<std::uint64_t>(std::llround(share * 0x1.0p32));
          for (std::uint64_t i = skips.draw(numbers); i < candidates; i += 1 + skips.draw(numbers)) {
            const bool is_plus = numbers.next() < plus_below;
            plus.add(place(i), is_plus);
            minus.add(place(i), !is_plus);
          }
        }
        begin += neurons;
      }
      for (Found<Target>& of_channel : found) {
        of_channel.move_to(targets_);
        begins_.push_back(targets_.size());
      }
    }
  }
}

template class Graph<std::uint16_t>;
template class Graph<std::uint32_t>;

}  // namespace eigensweep::balanced
