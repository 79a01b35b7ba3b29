// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/attacks/attack.hpp"
#include "region.hpp"

namespace eigensweep::attacks {

/// The intersection of the ball of one radius around each sample with the box of admissible inputs, and the moves
/// inside it. The moves are those of foolbox 3.3 (BaseGradientDescent), so that results agree with it, but for the
/// order of roundings. In the Euclidean norm they are weaker than Region's: a point that the box cuts off stays inside
/// the ball.
///
/// Perturbed samples [E, n, d] are kept features first in memory, as networks read them, so that elementwise steps run
/// along memory.
class Ball {
 public:
  /// `radius` in input units.
  Ball(const Problem& problem, double radius, Norm norm = Norm::linf);

  /// The unperturbed samples, for every lane.
  [[nodiscard]] Tensor centre() const;
  /// A uniformly random point of each ball, clipped to the box. Keyed by trial seed, sample, radius and `restart`, so
  /// it does not depend on what else is attacked.
  [[nodiscard]] Tensor random_point(std::int64_t restart = 0) const;
  /// x + length * steepest ascent of length 1 (Region::direction), then into the ball and the box. Changes `x` in
  /// place.
  void step(Tensor& x, const Tensor& gradient, double length);
  /// After the last step: makes the samples of a lane NaN in which any gradient was not finite. The sign of NaN is 0,
  /// so such a lane would pass for robust.
  void mark_broken(Tensor& x);

 private:
  const Problem& problem_;
  double radius_;
  Region region_;
  Tensor samples_;              // [n, d], features first in memory
  Tensor lower_, upper_;        // [n, d], L-infinity: the nearest and farthest of what is allowed to each input
  std::vector<Tensor> broken_;  // of each step, as signed_step() says
};

}  // namespace eigensweep::attacks
