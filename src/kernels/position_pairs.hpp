// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/kernels/conv_limit.hpp"

namespace eigensweep::kernels {

/// Along one axis of a block's images: their size, and the largest offset between two positions whose pair is needed.
struct Axis {
  std::int64_t map = 0, map_reach = 0;  ///< after the convolution: size, largest offset
  std::int64_t out = 0, out_reach = 0;  ///< after pooling
};

/// Axes of every block, for images of `size` along it. Throws ContractViolation if a block leaves nothing of the image.
std::vector<Axis> axes(const ConvNetwork& network, std::int64_t size);

/// Numbers for the pairs (p, p + offset) of positions in images, for all offsets up to the two reaches: per offset a
/// tensor [height - |dy|, width - |dx|, ...] over the p for which both lie in the image.
class Pairs {
 public:
  Pairs(std::int64_t reach_y, std::int64_t reach_x);
  Tensor& at(std::int64_t dy, std::int64_t dx);
  [[nodiscard]] const Tensor& at(std::int64_t dy, std::int64_t dx) const;
  /// Equal positions.
  [[nodiscard]] const Tensor& centre() const { return at(0, 0); }

  std::int64_t reach_y, reach_x;

 private:
  std::vector<Tensor> of_offset_;
};

/// The part of values [height, width, ...] that belongs to p, or (`is_partner`) to p + offset.
Tensor at_pairs(const Tensor& values, std::int64_t dy, std::int64_t dx, bool is_partner);

/// The pairs after a convolution: means over the kernel's places, which are the same in both images.
Pairs convolved(const Pairs& pairs, std::int64_t kernel, std::int64_t stride, const Axis& y, const Axis& x);

/// The pairs after 2x2 pooling: means over the 4 x 4 pairs of two windows.
Pairs pooled(const Pairs& pairs, const Axis& y, const Axis& x);

}  // namespace eigensweep::kernels
