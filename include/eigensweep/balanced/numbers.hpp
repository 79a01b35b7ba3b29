// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "eigensweep/core/random.hpp"

namespace eigensweep::balanced {

/// The numbers of a random::Stream, the same ones in the same order, drawn many at once: a simulation asks for one per
/// update, and asking a Stream takes as long as the rest of an update that changes nothing.
class Numbers {
 public:
  explicit Numbers(const random::Key& key) noexcept : key_(random::philox_key(key)), stream_(key.stream) {}

  std::uint32_t next() noexcept {
    if (used_ == buffer_.size()) refill();
    return buffer_[used_++];
  }
  /// As random::Stream::below().
  std::uint32_t below(std::uint32_t bound) noexcept {
    std::uint64_t product = std::uint64_t{next()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0U - bound) % bound;
      while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{next()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

 private:
  void refill() noexcept;

  std::array<std::uint32_t, 2> key_;
  std::uint64_t stream_, block_ = 0;
  std::array<std::uint32_t, 256> buffer_{};
  std::size_t used_ = buffer_.size();
};

}  // namespace eigensweep::balanced
