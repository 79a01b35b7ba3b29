// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace eigensweep::balanced {

/// The synapses of one population on another. A synapse has the weight +excitatory/sqrt(K) with probability `share`,
/// else -inhibitory/sqrt(K). Dale's law is a share of 1 or 0 for all that one population sends.
struct Coupling {
  double excitatory = 0;  ///< J+ >= 0
  double inhibitory = 0;  ///< J- >= 0
  double share = 1;       ///< of excitatory synapses, in [0, 1]

  [[nodiscard]] double mean() const noexcept { return share * excitatory - (1 - share) * inhibitory; }
  /// The mean of the squared weight, times K.
  [[nodiscard]] double square() const noexcept {
    return share * excitatory * excitatory + (1 - share) * inhibitory * inhibitory;
  }
};

struct Population {
  std::int64_t neurons = 0;  ///< N
  double drive = 0;          ///< J_k0 m0; the field takes sqrt(K) times it
  double threshold = 0;
  double tau = 1;  ///< mean time between two updates of a neuron
};

/// A balanced network of binary neurons (van Vreeswijk and Sompolinsky 1998, doi:10.1162/089976698300017214). Neuron i
/// of population k has the field
///
///     u_i = sqrt(K) drive_k (1 + drive_noise xi) + sum over its active inputs of their weights - threshold_k
///
/// and is active after an update where u_i > 0. A synapse from a neuron of population l exists with probability K/N_l.
struct Network {
  std::vector<Population> populations;
  std::vector<Coupling> couplings;  ///< P x P, row-major: [target][source]
  std::int64_t inputs = 0;          ///< K: mean number of synapses that a neuron has from each population
  double drive_noise = 0;           ///< xi is standard normal, drawn anew at every update
  double removed_share = 0;         ///< of the neurons of every population

  [[nodiscard]] std::size_t size() const noexcept { return populations.size(); }
  [[nodiscard]] const Coupling& coupling(std::size_t target, std::size_t source) const {
    return couplings[target * size() + source];
  }
  [[nodiscard]] std::int64_t neurons() const noexcept;
  /// How many neurons of a population are silenced.
  [[nodiscard]] std::int64_t removed(std::size_t population) const;
  /// The share of a population that is left.
  [[nodiscard]] double left(std::size_t population) const;
  /// Updates of all neurons per unit of time.
  [[nodiscard]] double update_rate() const noexcept;
};

}  // namespace eigensweep::balanced
