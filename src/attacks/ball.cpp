// SPDX-License-Identifier: MIT
#include "ball.hpp"

#include <ATen/Parallel.h>

#include <bit>
#include <span>

#include "eigensweep/core/random.hpp"

namespace eigensweep::attacks {
namespace {

/// A copy of [.., n, d], never a view, whose memory runs over samples first.
Tensor features_first(const Tensor& x) {
  return x.transpose(-2, -1).clone(at::MemoryFormat::Contiguous).transpose(-2, -1);
}

}  // namespace

Ball::Ball(const Problem& problem, double radius)
    : problem_(problem), radius_(radius), samples_(features_first(problem.inputs)) {}

Tensor Ball::centre() const {
  return features_first(samples_.expand({problem_.model.lanes(), samples_.size(0), samples_.size(1)}));
}

Tensor Ball::random_point() const {
  const std::int64_t lanes = problem_.model.lanes();
  const std::int64_t count = samples_.size(0);
  const std::int64_t size = samples_.size(1);
  Tensor noise = torch::empty({lanes, count, size}, torch::kFloat32);
  auto* numbers = noise.data_ptr<float>();
  const auto radius = static_cast<float>(radius_);
  const std::uint64_t step = random::mix(std::bit_cast<std::uint64_t>(radius_));
  at::parallel_for(0, lanes * count, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const random::Key key{problem_.seeds[static_cast<std::size_t>(row / count)], random::Purpose::attack_start,
                            static_cast<std::uint64_t>(problem_.samples[static_cast<std::size_t>(row % count)]), step};
      random::fill_uniform(key, -radius, radius, std::span(numbers + row * size, static_cast<std::size_t>(size)));
    }
  });
  return features_first(noise.to(samples_.device())).add_(samples_).clamp_(problem_.lower, problem_.upper);
}

void Ball::step(Tensor& x, const Tensor& gradient, double length) const {
  // The sign of NaN is 0, so a lane whose gradient is NaN would pass for robust. The samples of a lane whose gradient
  // is not finite become NaN instead.
  x.addcmul_(gradient.sign(), gradient.sum({1, 2}, /*keepdim=*/true).mul_(0).add_(length));
  x.sub_(samples_).clamp_(-radius_, radius_).add_(samples_).clamp_(problem_.lower, problem_.upper);
}

}  // namespace eigensweep::attacks
