// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/attacks/attack.hpp"
#include "region.hpp"

namespace eigensweep::attacks {

/// How far the nearest misclassified point of each sample lies, of the points that an attack shows: one for each of its
/// intensities. One object serves one batch of samples.
class NearestVisited {
 public:
  /// `logits` [E, C, n]: of the samples themselves.
  NearestVisited(const Problem& problem, Norm norm, const Tensor& logits);
  /// The points `x` [E, n, d] within `radius`, and their `logits` [E, C, n].
  void add(const Tensor& x, const Tensor& logits, double radius);
  /// [E, n] float64: 0 for a sample that is misclassified itself, infinity where nothing was found, NaN for a network
  /// whose logits are not finite.
  [[nodiscard]] Tensor distance() const;
  /// [E, n] bool: a point was shown that lies outside its ball or the box, and does not count therefore.
  [[nodiscard]] const Tensor& outside() const { return outside_; }

 private:
  const Problem& problem_;
  Region region_;
  Tensor finite_;    // [E, 1] bool: the logits of the samples
  Tensor distance_;  // [E, n] float64
  Tensor outside_;   // [E, n] bool
};

/// The columns of attacks in balls. `distances` and `unconfirmed`: [E, n] of each batch, on the CPU.
void add_distance_columns(const std::vector<Tensor>& distances, const std::vector<Tensor>& unconfirmed,
                          std::vector<wire::Measurement>& lanes);

}  // namespace eigensweep::attacks
