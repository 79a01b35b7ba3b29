// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/simulation.hpp"

#include <algorithm>
#include <cmath>

#include "eigensweep/core/error.hpp"

namespace eigensweep::balanced {
namespace {

using random::Purpose;

// So many updates are drawn at once, and the neurons of some are looked at before their turn.
constexpr std::size_t picks_at_once = 1024;

}  // namespace

template <class Target>
Simulation<Target>::Simulation(const Network& network, std::uint64_t seed, double active)
    : network_(network),
      channels_(channels_of(network)),
      graph_(network, channels_, seed),
      order_(random::Key{seed, Purpose::updates, 0, 0}),
      xi_({seed, Purpose::drive_noise, 0, 0}),
      seed_(seed) {
  EIGENSWEEP_EXPECT(channels_.weights.size() <= 2);
  const auto all = static_cast<std::size_t>(network.neurons());
  const double scale = std::sqrt(static_cast<double>(network.inputs));
  std::uint32_t end = 0;
  double before = 0;
  for (std::size_t k = 0; k < network.size(); ++k) {
    end += static_cast<std::uint32_t>(network.populations[k].neurons);
    ends_.push_back(end);
    is_uniform_ = is_uniform_ && network.populations[k].tau == network.populations[0].tau;
    before += static_cast<double>(network.populations[k].neurons) / network.populations[k].tau;
    up_to_.push_back(static_cast<std::uint64_t>(std::llround(before / network.update_rate() * 0x1.0p32)));
    weights_.emplace_back();
    for (std::size_t c = 0; c < channels_.weights.size(); ++c) weights_[k][c] = channels_.weights[c][k] / scale;
  }
  up_to_.back() = 1ULL << 32;
  scale_drive(1);
  state_.assign(all, 0);
  removed_.assign(all, 0);
  sums_.assign(all, 0);
  sum_.assign(network.size(), 0);
  active_.assign(network.size(), 0);
  for (std::vector<std::uint16_t>& of_channel : counts_) of_channel.assign(all, 0);
  picks_.resize(picks_at_once);
  next_pick_ = picks_.size();
  random::Stream first({seed, Purpose::initial_activity, 0, 0});
  std::uint32_t neuron = 0;
  for (std::uint32_t k = 0; k < network.size(); ++k) {
    for (; neuron < ends_[k]; ++neuron) {
      if (static_cast<double>(first.uniform()) < active) flip({neuron, k});
    }
  }
}

template <class Target>
void Simulation<Target>::scale_drive(double factor) {
  const double scale = std::sqrt(static_cast<double>(network_.inputs));
  base_.clear();
  noise_.clear();
  for (std::size_t k = 0; k < network_.size(); ++k) {
    const Population& population = network_.populations[k];
    const double drive = scale * population.drive * factor;
    // Sums of inputs are multiples of one number where the weights are, and then often meet the threshold exactly. A
    // field of 0 wakes nobody, whichever way its terms are rounded.
    double terms = drive + population.threshold;
    for (const double weight : weights_[k]) terms += std::abs(weight) * static_cast<double>(network_.inputs);
    constexpr double rounding = 1e-12;
    base_.push_back(drive - population.threshold - rounding * terms);
    noise_.push_back(drive * network_.drive_noise);
  }
}

template <class Target>
void Simulation<Target>::remove() {
  for (std::uint32_t k = 0; k < network_.size(); ++k) {
    const auto neurons = static_cast<std::uint32_t>(network_.populations[k].neurons);
    const std::vector<std::int64_t> order = random::permutation({seed_, Purpose::removal, k, 0}, neurons);
    for (std::int64_t i = 0; i < network_.removed(k); ++i) {
      const auto neuron = ends_[k] - neurons + static_cast<std::uint32_t>(order[static_cast<std::size_t>(i)]);
      removed_[neuron] = 1;
      if (state_[neuron] != 0) flip({neuron, k});
    }
  }
}

template <class Target>
void Simulation<Target>::draw_picks() noexcept {
  for (Pick& pick : picks_) {
    std::uint32_t population = 0;
    if (is_uniform_) {
      const std::uint32_t neuron = order_.below(static_cast<std::uint32_t>(state_.size()));
      while (neuron >= ends_[population]) ++population;
      pick = {neuron, population};
      continue;
    }
    const std::uint32_t number = order_.next();
    while (number >= up_to_[population]) ++population;
    const auto neurons = static_cast<std::uint32_t>(network_.populations[population].neurons);
    pick = {ends_[population] - neurons + order_.below(neurons), population};
  }
  next_pick_ = 0;
}

template <class Target>
bool Simulation<Target>::wants_active(Pick pick) noexcept {
  const std::array<double, 2>& weights = weights_[pick.population];
  double field = base_[pick.population] + weights[0] * counts_[0][pick.neuron] + weights[1] * counts_[1][pick.neuron];
  if (network_.drive_noise > 0) field += noise_[pick.population] * xi_.normal();
  return field > 0;
}

template <class Target>
void Simulation<Target>::flip(Pick pick) noexcept {
  const bool becomes_active = state_[pick.neuron] == 0;
  const std::int64_t sign = becomes_active ? 1 : -1;
  state_[pick.neuron] = becomes_active ? 1 : 0;
  active_[pick.population] += sign;
  sum_[pick.population] += sign * now_;
  sums_[pick.neuron] += sign * now_;
  const auto change = static_cast<std::uint16_t>(sign);  // -1 is added modulo 2^16
  for (std::size_t channel = 0; channel < channels_.weights.size(); ++channel) {
    std::uint16_t* counts = counts_[channel].data();
#pragma GCC unroll 8
    for (const Target target : graph_.targets(pick.neuron, channel)) {
      counts[target] = static_cast<std::uint16_t>(counts[target] + change);
    }
  }
}

template <class Target>
void Simulation<Target>::advance(std::int64_t updates) {
  for (const std::int64_t end = now_ + updates; now_ < end;) {
    if (next_pick_ == picks_.size()) draw_picks();
    const Pick pick = picks_[next_pick_++];
    ++now_;
    const bool wants = wants_active(pick);
    if (wants != (state_[pick.neuron] != 0) && removed_[pick.neuron] == 0) flip(pick);
  }
}

template <class Target>
std::int64_t Simulation<Target>::activity(std::size_t population) const noexcept {
  return active_[population] * now_ - sum_[population];
}

template <class Target>
std::vector<std::int64_t> Simulation<Target>::times() const {
  std::vector<std::int64_t> times(state_.size());
  for (std::size_t i = 0; i < times.size(); ++i) times[i] = state_[i] * now_ - sums_[i];
  return times;
}

template class Simulation<std::uint16_t>;
template class Simulation<std::uint32_t>;

}  // namespace eigensweep::balanced
