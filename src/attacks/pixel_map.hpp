// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::attacks {

using torch::Tensor;

/// Moves the pixels of images: each pixel of the result is a weighted sum of pixels of the original, the same ones in
/// every image and channel. What lies outside the original has one value.
class PixelMap {
 public:
  /// The image `down` pixels lower and `right` pixels farther right.
  static PixelMap shift(std::int64_t height, std::int64_t width, std::int64_t down, std::int64_t right);
  /// The image turned by `degrees` around its centre, from the first axis (down) to the second (right), by bilinear
  /// interpolation.
  static PixelMap rotation(std::int64_t height, std::int64_t width, double degrees);

  /// `images` [n, C * height * width]: the same shape. `outside`: value of what lies outside the original.
  [[nodiscard]] Tensor apply(const Tensor& images, double outside) const;

 private:
  PixelMap(std::int64_t height, std::int64_t width, std::int64_t neighbours);
  /// Adds a pixel of the original with a weight, or its weight to the outside's.
  void add(std::int64_t neighbour, std::int64_t pixel, std::int64_t row, std::int64_t column, double weight);

  std::int64_t height_, width_;
  Tensor from_;     // [neighbours, height * width] int64
  Tensor weight_;   // [neighbours, height * width]
  Tensor outside_;  // [height * width]: weight of what lies outside
};

}  // namespace eigensweep::attacks
