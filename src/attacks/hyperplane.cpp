// SPDX-License-Identifier: MIT
#include "hyperplane.hpp"

#include <limits>

namespace eigensweep::attacks {
namespace {

/// Of a rise over the largest entry of the normal: where inputs have no bounds, an offset stays finite.
constexpr double farthest = 1e30;
/// Newton's method ends by itself, usually after fewer than ten steps.
constexpr int most_newton_steps = 1000;

/// The smallest t with sum_i of gain_i * min(t, end_i) = wanted, or one beyond all ends where there is none. [E, R, 1].
///
/// The sum is concave in t and made of straight pieces, so Newton's method from 0 never goes too far, passes an end
/// with each step, and stops on the piece that has the solution.
Tensor multiplier(const Tensor& gain, const Tensor& end, const Tensor& wanted) {
  const double epsilon = wanted.scalar_type() == torch::kFloat64 ? std::numeric_limits<double>::epsilon()
                                                                 : double{std::numeric_limits<float>::epsilon()};
  Tensor t = torch::zeros_like(wanted);
  for (int step = 0; step < most_newton_steps; ++step) {
    const Tensor rest = wanted - (gain * torch::minimum(t, end)).sum(-1, /*keepdim=*/true);
    const Tensor slope = (gain * (t < end)).sum(-1, /*keepdim=*/true);
    const Tensor more = (rest / slope).masked_fill_((rest > 0).logical_and(slope > 0).logical_not(), 0);
    t = t + more;
    if ((more <= 2 * epsilon * t).all().item<bool>()) break;
  }
  return t;
}

}  // namespace

Tensor offset_to_plane(const Region& region, const Tensor& from, const Tensor& normal, const Tensor& rise) {
  const double least = normal.scalar_type() == torch::kFloat64 ? std::numeric_limits<double>::min()
                                                               : double{std::numeric_limits<float>::min()};
  const Tensor largest = normal.abs().amax(-1, /*keepdim=*/true).clamp_min_(least);
  const Tensor height = rise.unsqueeze(-1);
  // A fall along the normal is a rise against it.
  const Tensor along = normal / torch::where(height < 0, -largest, largest);
  const Tensor wanted = (height.abs() / largest).clamp_max_(farthest);
  const Tensor size = along.abs();
  const Tensor room = torch::where(along > 0, region.upper() - from, from - region.lower()).clamp_min_(0);
  if (region.norm() == Norm::linf) {
    // All inputs change by the same t, each as far as it has room.
    return along.sign().mul_(torch::minimum(multiplier(size, room, wanted), room));
  }
  // Each changes by t times its entry of the normal, as far as it has room.
  const Tensor end = (room / size).masked_fill_(size == 0, 0);
  return along * torch::minimum(multiplier(size.square(), end, wanted), end);
}

}  // namespace eigensweep::attacks
