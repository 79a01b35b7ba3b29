// SPDX-License-Identifier: MIT
#include "gradient_count.hpp"

#include "columns.hpp"

namespace eigensweep::attacks {

void GradientCount::add_column(std::vector<wire::Measurement>& lanes) const {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const double in_lane = in_lane_.defined() ? in_lane_[static_cast<std::int64_t>(i)].item<double>() : 0;
    lanes[i][sample_gradients] = wire::Array::scalar(in_each_ + in_lane);
  }
}

}  // namespace eigensweep::attacks
