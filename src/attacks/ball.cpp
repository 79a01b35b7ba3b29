// SPDX-License-Identifier: MIT
#include "ball.hpp"

#include <bit>

#include "eigensweep/models/numerics/lane_random.hpp"
#include "rows.hpp"
#include "signed_step.hpp"

namespace eigensweep::attacks {

Ball::Ball(const Problem& problem, double radius)
    : problem_(problem),
      radius_(radius),
      samples_(features_first(problem.inputs)),
      lower_((samples_ - radius).clamp_min_(problem.lower)),
      upper_((samples_ + radius).clamp_max_(problem.upper)) {}

Tensor Ball::centre() const {
  return features_first(samples_.expand({problem_.model.lanes(), samples_.size(0), samples_.size(1)}));
}

Tensor Ball::random_point() const {
  const std::uint64_t step = random::mix(std::bit_cast<std::uint64_t>(radius_));
  const models::LaneRandom random(problem_.seeds, random::Purpose::attack_start, step, samples_.device());
  const auto radius = static_cast<float>(radius_);
  const Tensor noise = random.uniform(problem_.sample_ids(), samples_.size(1), -radius, radius);
  return features_first(noise).add_(samples_).clamp_(problem_.lower, problem_.upper);
}

void Ball::step(Tensor& x, const Tensor& gradient, double length) {
  broken_.push_back(signed_step(x, gradient, length, lower_, upper_));
}

void Ball::mark_broken(Tensor& x) {
  if (!broken_.empty()) x.add_(torch::stack(broken_).mul_(0).sum(0));
  broken_.clear();
}

}  // namespace eigensweep::attacks
