// SPDX-License-Identifier: MIT
#include "skips.hpp"

#include <algorithm>
#include <cmath>

#include "eigensweep/core/error.hpp"

namespace eigensweep::balanced {
namespace {

constexpr double all_numbers = 0x1.0p32;
// A skip beyond the table is the table's length and another draw: the distribution has no memory.
constexpr double longest_table = 16384;

}  // namespace

Skips::Skips(double probability) {
  EIGENSWEEP_EXPECT(probability > 0 && probability <= 1);
  const auto length = static_cast<std::size_t>(std::min(longest_table, std::ceil(4 / probability)));
  for (std::size_t skip = 0; skip < length; ++skip) {
    const double at_most = probability == 1 ? 1 : -std::expm1(static_cast<double>(skip + 1) * std::log1p(-probability));
    below_.push_back(static_cast<std::uint64_t>(std::llround(at_most * all_numbers)));
  }
  std::uint32_t skip = 0;
  for (std::uint64_t first = 0; first < (1ULL << guide_bits); ++first) {
    while (skip < below_.size() && below_[skip] <= first << (32 - guide_bits)) ++skip;
    guide_.push_back(skip);
  }
}

std::uint64_t Skips::draw(Numbers& numbers) const noexcept {
  std::uint64_t skipped = 0;
  while (true) {
    const std::uint32_t number = numbers.next();
    std::size_t skip = guide_[number >> (32 - guide_bits)];
    while (skip < below_.size() && below_[skip] <= number) ++skip;
    skipped += skip;
    if (skip < below_.size()) return skipped;
  }
}

}  // namespace eigensweep::balanced
