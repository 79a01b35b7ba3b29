// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/numbers.hpp"

#include <algorithm>

namespace eigensweep::balanced {

// As in Stream, the upper half of the counter is the key's stream, and the lower half the position in it.
void Numbers::refill() noexcept {
  for (std::size_t i = 0; i < buffer_.size(); i += 4, ++block_) {
    const std::array<std::uint32_t, 4> four =
        random::philox({static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32),
                        static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                       key_);
    std::copy(four.begin(), four.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  used_ = 0;
}

}  // namespace eigensweep::balanced
