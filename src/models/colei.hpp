// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

/// The inputs of a "colei" layer: the first `excitatory` raise its units, the `inhibitory` ones after them lower them.
struct ColeiInputs {
  std::int64_t excitatory = 0;
  std::int64_t inhibitory = 0;  ///< 0 where the network's inputs are read

  /// +1 and -1 by input: [1, 1, excitatory + inhibitory], float32, on the CPU.
  [[nodiscard]] torch::Tensor signs() const;
  /// Mean of the initial weights' sizes, which are exponentially distributed, of each group. Activities that are
  /// rectified standard normal numbers then give each unit an input of mean 0 and variance 1, without biases. Where the
  /// network's inputs are read: fan in^-1/2 (Cornford et al. 2021, appendix).
  [[nodiscard]] double excitatory_size() const;
  [[nodiscard]] double inhibitory_size() const;
  /// Initial weights of every lane [E, units, excitatory + inhibitory], float32, on the CPU, keyed by (seed,
  /// initial_weights, stream).
  [[nodiscard]] torch::Tensor initial_weights(const std::vector<std::uint64_t>& seeds, std::uint64_t stream,
                                              std::int64_t units) const;
};

/// The mean over all numbers of `images` [n, d] as in a DeviceDataset, in units of the inputs.
double mean_input(const torch::Tensor& images);

}  // namespace eigensweep::models
