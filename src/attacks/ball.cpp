// SPDX-License-Identifier: MIT
#include "ball.hpp"

#include <bit>
#include <limits>

#include "eigensweep/models/numerics/lane_random.hpp"
#include "rows.hpp"
#include "signed_step.hpp"

namespace eigensweep::attacks {

Ball::Ball(const Problem& problem, double radius, Norm norm)
    : problem_(problem),
      radius_(radius),
      region_(norm, problem.lower, problem.upper),
      samples_(features_first(problem.inputs)) {
  if (norm != Norm::linf) return;
  lower_ = (samples_ - radius).clamp_min_(problem.lower);
  upper_ = (samples_ + radius).clamp_max_(problem.upper);
}

Tensor Ball::centre() const {
  return features_first(samples_.expand({problem_.model.lanes(), samples_.size(0), samples_.size(1)}));
}

Tensor Ball::random_point(std::int64_t restart) const {
  std::uint64_t step = random::mix(std::bit_cast<std::uint64_t>(radius_));
  if (restart > 0) step = random::mix(step + static_cast<std::uint64_t>(restart));
  const models::LaneRandom random(problem_.seeds, random::Purpose::attack_start, step, samples_.device());
  const auto radius = static_cast<float>(radius_);
  const std::int64_t inputs = samples_.size(1);
  if (region_.norm() == Norm::linf) {
    const Tensor noise = random.uniform(problem_.sample_ids(), inputs, -radius, radius);
    return features_first(noise).add_(samples_).clamp_(problem_.lower, problem_.upper);
  }
  // The first d coordinates of a random point on the sphere in d + 2 dimensions are uniform in the ball (Voelker,
  // Gosmann, Stewart 2017).
  const Tensor direction = region_.direction(random.normal(problem_.sample_ids(), inputs + 2)).narrow(-1, 0, inputs);
  return features_first(direction).mul_(radius).add_(samples_).clamp_(problem_.lower, problem_.upper);
}

void Ball::step(Tensor& x, const Tensor& gradient, double length) {
  if (region_.norm() == Norm::linf) {
    broken_.push_back(signed_step(x, gradient, length, lower_, upper_));
    return;
  }
  // What is not finite in a gradient is NaN in its direction, and stays so in x.
  x.add_(region_.direction(gradient), length).sub_(samples_);
  const Tensor share = radius_ / length_of(x).clamp_min_(std::numeric_limits<float>::min());
  x.mul_(share.clamp_max(1)).add_(samples_).clamp_(problem_.lower, problem_.upper);
}

void Ball::mark_broken(Tensor& x) {
  if (region_.norm() == Norm::linf) {
    if (!broken_.empty()) x.add_(torch::stack(broken_).mul_(0).sum(0));
    broken_.clear();
    return;
  }
  x.add_(x.sum({1, 2}, /*keepdim=*/true).mul_(0));
}

}  // namespace eigensweep::attacks
