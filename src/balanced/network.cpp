// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/network.hpp"

#include <cmath>

namespace eigensweep::balanced {

std::int64_t Network::neurons() const noexcept {
  std::int64_t all = 0;
  for (const Population& population : populations) all += population.neurons;
  return all;
}

std::int64_t Network::removed(std::size_t population) const {
  constexpr double rounding = 1e-12;  // 0.29 x 100 is a little less than 29
  const double share = removed_share * (1 + rounding);
  return static_cast<std::int64_t>(std::floor(share * static_cast<double>(populations[population].neurons)));
}

double Network::left(std::size_t population) const {
  const auto neurons = static_cast<double>(populations[population].neurons);
  return (neurons - static_cast<double>(removed(population))) / neurons;
}

double Network::update_rate() const noexcept {
  double rate = 0;
  for (const Population& population : populations) rate += static_cast<double>(population.neurons) / population.tau;
  return rate;
}

}  // namespace eigensweep::balanced
