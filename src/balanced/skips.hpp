// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/balanced/numbers.hpp"

namespace eigensweep::balanced {

/// How many pairs without a synapse come before the next one with a synapse: a geometric number, drawn from a table
/// (a logarithm takes five times as long). Drawing a sparse graph so takes one number per synapse, not one per pair.
class Skips {
 public:
  /// `probability` of a synapse, in (0, 1].
  explicit Skips(double probability);
  std::uint64_t draw(Numbers& numbers) const noexcept;

 private:
  static constexpr int guide_bits = 12;
  std::vector<std::uint64_t> below_;  ///< [s]: 2^32 times the probability of a skip of at most s
  std::vector<std::uint32_t> guide_;  ///< by the first bits of a number: the least skip that it can mean
};

}  // namespace eigensweep::balanced
