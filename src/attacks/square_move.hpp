// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "region.hpp"

namespace eigensweep::attacks {

/// The random moves of the Square attack in images {C, H, W}, for R samples of each lane, each inside its own ball.
/// Points are [E, R, C * H * W]; random numbers are uniform in [0, 1), as many for each sample as `*_draws()` says.
class SquareMoves {
 public:
  SquareMoves(const Region& region, const std::vector<std::int64_t>& shape);

  [[nodiscard]] std::int64_t first_draws() const;
  [[nodiscard]] std::int64_t draws() const;

  /// The first points. Maximum norm: vertical stripes of a pixel's width. Euclidean norm: tiles with a bump each.
  [[nodiscard]] Tensor first(const Tensor& centre, const Tensor& radius, const Tensor& random) const;
  /// `points` with one move more. Maximum norm: a square of `side` pixels moves by twice the radius, up or down in each
  /// channel. Euclidean norm: a bump of `side` pixels is added to one square and scaled to what the ball has left, with
  /// what the change was in a second square, where it becomes 0.
  [[nodiscard]] Tensor moved(const Tensor& points, const Tensor& centre, const Tensor& radius, std::int64_t side,
                             const Tensor& random) const;

 private:
  [[nodiscard]] Tensor with_square(const Tensor& points, const Tensor& centre, const Tensor& radius, std::int64_t side,
                                   const Tensor& random) const;
  [[nodiscard]] Tensor with_bump(const Tensor& points, const Tensor& centre, const Tensor& radius, std::int64_t side,
                                 const Tensor& random) const;
  [[nodiscard]] Tensor stripes(const Tensor& centre, const Tensor& radius, const Tensor& random) const;
  [[nodiscard]] Tensor tiles(const Tensor& centre, const Tensor& radius, const Tensor& random) const;
  [[nodiscard]] std::int64_t tile_side() const;
  [[nodiscard]] std::int64_t tile_count() const;

  const Region& region_;
  std::int64_t channels_, height_, width_;
};

/// The side of the square at a query, in pixels, for images of height * width pixels: `share` of them at first, halved
/// after 10, 50, 200, 500, 1000, 2000, 4000, 6000 and 8000 queries. Euclidean norm: odd, and 3 at least.
std::int64_t square_side(Norm norm, double share, std::int64_t query, std::int64_t height, std::int64_t width);

/// The bump of the Square attack in the Euclidean norm: [side, side] float64 of Euclidean length 1. Its upper half
/// rises towards a centre, its lower half falls towards another.
Tensor bump(std::int64_t side);

}  // namespace eigensweep::attacks
