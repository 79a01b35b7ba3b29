// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/wire/measurement.hpp"

namespace eigensweep::attacks {

/// Counts the gradients by the inputs of one sample that an attack takes, over all its batches and intensities.
class GradientCount {
 public:
  /// As many in each lane.
  void add(std::int64_t gradients) { in_each_ += static_cast<double>(gradients); }
  /// `gradients` [E] float64.
  void add(const torch::Tensor& gradients) {
    const torch::Tensor here = gradients.cpu();
    in_lane_ = in_lane_.defined() ? in_lane_ + here : here;
  }
  /// One Measurement per lane.
  void add_column(std::vector<wire::Measurement>& lanes) const;

 private:
  double in_each_ = 0;
  torch::Tensor in_lane_;  // [E] float64
};

}  // namespace eigensweep::attacks
