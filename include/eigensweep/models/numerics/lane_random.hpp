// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/core/random.hpp"
#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

using torch::Tensor;

/// The random numbers of core/random.hpp for the lanes of a pack, drawn where the pack is: no draw waits for the device
/// or copies to it. A lane's numbers are those of its random::Key, whatever the device: uniform numbers bit for bit,
/// normal ones but for the rounding of a logarithm, a sine and a cosine in double precision.
class LaneRandom {
 public:
  /// `seeds`: one per lane; `step`: as in random::Key. Copies the keys to the device.
  LaneRandom(const std::vector<std::uint64_t>& seeds, random::Purpose purpose, std::uint64_t step,
             const torch::Device& device);

  /// [E, n, count] float32: what random::fill_uniform gives for each lane and stream. `streams`: [n] int64, on the
  /// device.
  [[nodiscard]] Tensor uniform(const Tensor& streams, std::int64_t count, float low, float high) const;
  /// [E, n, count] float32: what random::fill_normal gives for each lane and stream.
  [[nodiscard]] Tensor normal(const Tensor& streams, std::int64_t count) const;

 private:
  std::vector<random::Key> keys_;  ///< of each lane; the stream is still to be set
  Tensor round_keys_;              ///< [rounds, 2, E] int64, the keys of Philox's rounds; undefined on the CPU
};

}  // namespace eigensweep::models
