// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "eigensweep/attacks/attack.hpp"
#include "eigensweep/attacks/norm.hpp"

namespace eigensweep::attacks {

/// The distance of what was not found.
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// The Euclidean length of each point [.., d]: [.., 1].
Tensor length_of(const Tensor& points);

/// Balls around samples, each with a radius of its own, within the box of admissible inputs.
///
/// Points, gradients and centres are [E, R, d], features first in memory, as networks read them; radii are [E, R].
class Region {
 public:
  Region(Norm norm, double lower, double upper) : norm_(norm), lower_(lower), upper_(upper) {}

  /// Distances from the centres: [E, R] float64.
  [[nodiscard]] Tensor distance(const Tensor& x, const Tensor& centre) const;
  /// Moves each point into its ball and the box. In the maximum norm it is the nearest such point. In the Euclidean
  /// norm a point outside the ball is drawn along its radius and clipped to the box, and drawn out again as far as the
  /// ball allows: AutoAttack stops after the clip, well inside the ball.
  [[nodiscard]] Tensor project(const Tensor& x, const Tensor& centre, const Tensor& radius) const;
  /// Whether each point lies in its ball and in the box, but for roundings of the former: [E, R] bool. A point that is
  /// not finite does not. `radius` float64.
  [[nodiscard]] Tensor holds(const Tensor& x, const Tensor& centre, const Tensor& radius) const;
  /// The steepest ascent of length 1: the sign (of 0: 0), or the gradient over its Euclidean norm, whatever its scale.
  /// A gradient of 0 gives 0.
  [[nodiscard]] Tensor direction(const Tensor& gradient) const;
  /// A point on the surface of each ball, clipped to the box, along `noise`.
  [[nodiscard]] Tensor on_surface(const Tensor& noise, const Tensor& centre, const Tensor& radius) const;
  [[nodiscard]] Norm norm() const { return norm_; }
  [[nodiscard]] double lower() const { return lower_; }
  [[nodiscard]] double upper() const { return upper_; }

 private:
  Norm norm_;
  double lower_, upper_;
};

}  // namespace eigensweep::attacks
