// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::attacks {

using torch::Tensor;

/// Whether walks of APGD can still arrive at a misclassified point, by how fast their margins rise: the largest other
/// logit less the label's, which is above 0 there. One entry for each of R walks of E lanes; all tensors are [E, R].
class ApgdReach {
 public:
  /// `like`: numbers of the type of margins.
  explicit ApgdReach(const Tensor& like) : first_(torch::zeros_like(like)) { best_ = at_checkpoint_ = rate_ = first_; }

  /// Notes the margin at each point; `begins`: where it is the first in its ball.
  void add(const Tensor& margin, const Tensor& begins);

  /// Returns which of the walks `is_there`, at a checkpoint, would not arrive by their last step: if the margin rose as
  /// much per step as on average so far, or twice as fast as in the faster of the last two intervals between
  /// checkpoints. `interval`: steps since the checkpoint before; `step`: steps taken, of `steps`.
  Tensor are_hopeless(const Tensor& is_there, const Tensor& interval, const Tensor& step, std::int64_t steps);

  /// What is to be compacted with the walks.
  [[nodiscard]] std::vector<Tensor*> rows() { return {&first_, &best_, &at_checkpoint_, &rate_}; }

 private:
  Tensor first_;          // in the ball
  Tensor best_;           // so far
  Tensor at_checkpoint_;  // the best at the last one
  Tensor rate_;           // rise per step between the last two
};

}  // namespace eigensweep::attacks
