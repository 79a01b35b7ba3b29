// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/attacks/attack.hpp"

namespace eigensweep::attacks {

/// The intersection of the L-infinity ball of one radius around each sample with the box of admissible inputs, and the
/// moves inside it. The moves match foolbox 3.3 (BaseGradientDescent) operation for operation, so that results agree
/// with it.
///
/// Perturbed samples [E, n, d] are kept features first in memory, as networks read them, so that elementwise steps run
/// along memory.
class Ball {
 public:
  /// `radius` in input units.
  Ball(const Problem& problem, double radius);

  /// The unperturbed samples, for every lane.
  [[nodiscard]] Tensor centre() const;
  /// A uniformly random point of each ball, clipped to the box. Keyed by trial seed, sample and radius, so it does not
  /// depend on what else is attacked.
  [[nodiscard]] Tensor random_point() const;
  /// x + length * sign(gradient) (sign 0 is 0), then back into the ball, then into the box. Changes `x` in place.
  void step(Tensor& x, const Tensor& gradient, double length) const;

 private:
  const Problem& problem_;
  double radius_;
  Tensor samples_;  // [n, d], features first in memory
};

}  // namespace eigensweep::attacks
