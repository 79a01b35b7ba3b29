// SPDX-License-Identifier: MIT
#include "region.hpp"

#include <limits>

namespace eigensweep::attacks {
namespace {

/// Numbers per sample [E, R] as a factor of points [E, R, d].
Tensor per_point(const Tensor& numbers) { return numbers.unsqueeze(-1); }

/// Of a radius: roundings of a length then leave no point outside.
constexpr double within = 1 - 4e-6;
constexpr int steps_to_surface = 4;
/// Of an offset, where the whole box lies inside the ball.
constexpr double largest_share = 1e6;

/// x over its largest entry, in which no square under- or overflows. Where all entries are 0, it is 0.
Tensor rescaled(const Tensor& x) {
  return x / x.abs().amax(-1, /*keepdim=*/true).clamp_min_(std::numeric_limits<float>::min());
}

/// x over its Euclidean length; 0 where that is 0.
Tensor unit(const Tensor& x) {
  Tensor scaled = rescaled(x);
  return scaled.div_(length_of(scaled).clamp_min_(std::numeric_limits<float>::min()));
}

}  // namespace

Tensor length_of(const Tensor& points) { return points.square().sum(-1, /*keepdim=*/true).sqrt_(); }

Tensor Region::distance(const Tensor& x, const Tensor& centre) const {
  const Tensor offset = x - centre;
  return (norm_ == Norm::linf ? offset.abs().amax(-1) : length_of(offset).squeeze(-1)).to(torch::kFloat64);
}

Tensor Region::project(const Tensor& x, const Tensor& centre, const Tensor& radius) const {
  Tensor reach = per_point(radius);
  if (norm_ == Norm::linf) {
    return torch::minimum(torch::maximum(x, centre - reach), centre + reach).clamp_(lower_, upper_);
  }
  const Tensor offset = x - centre;
  reach = reach * within;
  Tensor share = (reach / length_of(offset).clamp_min_(std::numeric_limits<float>::min())).clamp_max_(1);
  const Tensor is_far = share < 1;
  Tensor inside = (offset * share).add_(centre).clamp_(lower_, upper_);
  // What the box cuts off goes to the other inputs. A share that grows by a factor lengthens the offset by that factor
  // at most, so no step leaves the ball.
  for (int i = 0; i < steps_to_surface; ++i) {
    const Tensor more =
        (reach / length_of(inside - centre).clamp_min_(std::numeric_limits<float>::min())).clamp_min_(1);
    share = torch::where(is_far, (share * more).clamp_max_(largest_share), share);
    inside = (offset * share).add_(centre).clamp_(lower_, upper_);
  }
  return inside;
}

Tensor Region::holds(const Tensor& x, const Tensor& centre, const Tensor& radius) const {
  const auto [least, largest] = x.aminmax(/*dim=*/-1);
  return (distance(x, centre) <= (1 + 1e-5) * radius + 1e-6)
      .logical_and_(least >= lower_)
      .logical_and_(largest <= upper_);
}

Tensor Region::direction(const Tensor& gradient) const {
  return norm_ == Norm::linf ? gradient.sign() : unit(gradient);
}

Tensor Region::on_surface(const Tensor& noise, const Tensor& centre, const Tensor& radius) const {
  const Tensor direction = norm_ == Norm::linf ? rescaled(noise) : unit(noise);
  return (per_point(radius) * direction).add_(centre).clamp_(lower_, upper_);
}

}  // namespace eigensweep::attacks
