// SPDX-License-Identifier: MIT
#include "square_move.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "rows.hpp"

namespace eigensweep::attacks {
namespace {

/// The Euclidean length below which a change has no direction, as the authors have it.
constexpr double least_length = 1e-12;

/// Half a bump, [height, width] float64: rectangles around the centre, the n-th of height 1 / n^2.
Tensor half_bump(std::int64_t height, std::int64_t width) {
  Tensor half = torch::zeros({height, width}, torch::kFloat64);
  const std::int64_t rings = std::max(height, width) / 2 + 1;
  for (std::int64_t ring = 0; ring < rings; ++ring) {
    const auto from = [ring](std::int64_t length) { return std::max<std::int64_t>(length / 2 - ring, 0); };
    const auto to = [ring](std::int64_t length) { return std::min(length / 2 + ring + 1, length); };
    half.slice(0, from(height), to(height))
        .slice(1, from(width), to(width))
        .add_(1.0 / static_cast<double>((ring + 1) * (ring + 1)));
  }
  return half;
}

/// -1 or 1, with the same chance each.
Tensor sign_of(const Tensor& random) { return random.round().mul_(2).sub_(1); }

/// Whole numbers [E, R] below `count`, evenly.
Tensor below(const Tensor& random, std::int64_t count) {
  return (random * static_cast<double>(count)).floor_().clamp_max_(static_cast<double>(count - 1)).to(torch::kInt64);
}

Tensor per_image(const Tensor& numbers) { return numbers.unsqueeze(-1).unsqueeze(-1); }

}  // namespace

SquareMoves::SquareMoves(const Region& region, const std::vector<std::int64_t>& shape)
    : region_(region), channels_(shape[0]), height_(shape[1]), width_(shape[2]) {}

std::int64_t SquareMoves::tile_side() const { return std::max<std::int64_t>(1, std::min(height_, width_) / 5); }

std::int64_t SquareMoves::tile_count() const { return (height_ / tile_side()) * (width_ / tile_side()); }

std::int64_t SquareMoves::first_draws() const {
  return region_.norm() == Norm::linf ? channels_ * width_ : (channels_ + 1) * tile_count();
}

std::int64_t SquareMoves::draws() const { return (region_.norm() == Norm::linf ? 2 : 5) + channels_; }

Tensor SquareMoves::first(const Tensor& centre, const Tensor& radius, const Tensor& random) const {
  return features_first(region_.norm() == Norm::linf ? stripes(centre, radius, random) : tiles(centre, radius, random));
}

Tensor SquareMoves::moved(const Tensor& points, const Tensor& centre, const Tensor& radius, std::int64_t side,
                          const Tensor& random) const {
  if (region_.norm() == Norm::linf) return with_square(points, centre, radius, side, random);
  return features_first(with_bump(points, centre, radius, side, random));
}

Tensor SquareMoves::stripes(const Tensor& centre, const Tensor& radius, const Tensor& random) const {
  const Tensor sign = sign_of(random).unflatten(2, {channels_, 1, width_}).expand({-1, -1, -1, height_, -1});
  return region_.project(centre + radius.unsqueeze(-1) * sign.flatten(2), centre, radius);
}

Tensor SquareMoves::tiles(const Tensor& centre, const Tensor& radius, const Tensor& random) const {
  const std::int64_t side = tile_side(), count = tile_count(), rows = height_ / side, columns = width_ / side;
  const auto pixels = torch::arange(side, torch::kInt64);
  const Tensor down = (height_ - rows * side) / 2 + torch::arange(rows, torch::kInt64).view({-1, 1, 1, 1}) * side +
                      pixels.view({1, 1, -1, 1});
  const Tensor across = (width_ - columns * side) / 2 +
                        torch::arange(columns, torch::kInt64).view({1, -1, 1, 1}) * side + pixels.view({1, 1, 1, -1});
  const Tensor place = (down * width_ + across).flatten().to(centre.device());  // [count * side * side]
  const Tensor upright = bump(side).to(centre.options());
  const Tensor is_turned = (random.narrow(2, 0, count) > 0.5).view({-1, centre.size(1), 1, count, 1});
  const Tensor bumps = torch::where(is_turned, upright.t().reshape({-1}), upright.reshape({-1}));
  const Tensor sign = sign_of(random.narrow(2, count, channels_ * count)).unflatten(2, {channels_, count, 1});
  Tensor change = torch::zeros({centre.size(0), centre.size(1), channels_, height_ * width_}, centre.options());
  change.index_copy_(3, place, (bumps * sign).flatten(3));
  return region_.on_surface(change.flatten(2), centre, radius);
}

Tensor SquareMoves::with_square(const Tensor& points, const Tensor& centre, const Tensor& radius, std::int64_t side,
                                const Tensor& random) const {
  const Tensor top = below(random.select(2, 0), height_ - side + 1);
  const Tensor left = below(random.select(2, 1), width_ - side + 1);
  const Tensor sign = sign_of(random.narrow(2, 2, channels_));  // [E, R, C]
  if (!are_rows({points, centre})) {
    const auto along = [side](const Tensor& first, std::int64_t length) {
      const Tensor place = torch::arange(length, first.options());
      return (place >= first.unsqueeze(-1)).logical_and(place < first.unsqueeze(-1) + side);  // [E, R, length]
    };
    const Tensor square = along(top, height_).unsqueeze(-1).logical_and(along(left, width_).unsqueeze(-2)).unsqueeze(2);
    const Tensor change = (2 * per_image(radius.unsqueeze(-1)) * per_image(sign) * square).flatten(2);
    return features_first(region_.project(points + change, centre, radius));
  }
  const std::int64_t samples = points.size(1), pixels = height_ * width_;
  const auto lower = static_cast<float>(region_.lower()), upper = static_cast<float>(region_.upper());
  const Tensor tops = top.to(torch::kInt32).contiguous(), lefts = left.to(torch::kInt32).contiguous();
  const Tensor radii = radius.contiguous(), signs = sign.transpose(1, 2).contiguous();
  Tensor moved = torch::empty_like(points);
  const auto *from = points.const_data_ptr<float>(), *middle = centre.const_data_ptr<float>(),
             *reach = radii.const_data_ptr<float>(), *colour = signs.const_data_ptr<float>();
  const auto *first_row = tops.const_data_ptr<std::int32_t>(), *first_column = lefts.const_data_ptr<std::int32_t>();
  auto* to = moved.mutable_data_ptr<float>();
  over_rows(points, [&](std::int64_t at, std::int64_t feature, std::int64_t lane) {
    const auto row = static_cast<std::int32_t>(feature % pixels / width_);
    const auto column = static_cast<std::int32_t>(feature % width_);
    const auto size = static_cast<std::uint32_t>(side);
    const std::int64_t sample = lane * samples, colours = (lane * channels_ + feature / pixels) * samples;
    for (std::int64_t i = 0; i < samples; ++i) {
      // A place before the square wraps round to a large number.
      const bool is_inside = static_cast<std::uint32_t>(row - first_row[sample + i]) < size &&
                             static_cast<std::uint32_t>(column - first_column[sample + i]) < size;
      const float r = reach[sample + i], c = middle[at + i], change = 2 * r * colour[colours + i];
      const float x = from[at + i] + (is_inside ? change : 0);
      to[at + i] = std::clamp(std::min(std::max(x, c - r), c + r), lower, upper);
    }
  });
  return moved;
}

Tensor SquareMoves::with_bump(const Tensor& points, const Tensor& centre, const Tensor& radius, std::int64_t side,
                              const Tensor& random) const {
  const auto window = [&](std::int64_t draw) {  // [E, R, C, side * side]: the pixels of a square
    const Tensor top = below(random.select(2, draw), height_ - side + 1);
    const Tensor left = below(random.select(2, draw + 1), width_ - side + 1);
    const Tensor pixel = torch::arange(side, top.options());
    const Tensor within = (pixel.unsqueeze(1) * width_ + pixel).flatten();
    return ((top * width_ + left).unsqueeze(-1) + within).unsqueeze(2).expand({-1, -1, channels_, -1});
  };
  const Tensor here = window(0), there = window(2);
  const Tensor change = (points - centre).unflatten(2, {channels_, height_ * width_});
  const Tensor in_either = torch::zeros_like(change).scatter_(3, here, 1).scatter_(3, there, 1);
  const auto length = [](const Tensor& numbers) { return numbers.square().sum(-1, /*keepdim=*/true).sqrt_(); };
  const Tensor unused = (radius.square() - change.square().sum({2, 3})).clamp_min_(0);
  const Tensor budget = (per_image(unused) / static_cast<double>(channels_) + length(change * in_either).square_());
  const Tensor old = change.gather(3, here);
  const Tensor upright = bump(side).to(centre.options());
  const Tensor is_turned = per_image(random.select(2, 4) > 0.5);
  const Tensor shape = torch::where(is_turned, upright.t().reshape({-1}), upright.reshape({-1}));
  Tensor fresh = shape * sign_of(random.narrow(2, 5, channels_)).unsqueeze(-1) + old / (least_length + length(old));
  fresh = fresh / (least_length + length(fresh)) * budget.sqrt();
  const Tensor to = change.scatter(3, there, 0).scatter_(3, here, fresh);
  return region_.on_surface(to.flatten(2), centre, radius);
}

std::int64_t square_side(Norm norm, double share, std::int64_t query, std::int64_t height, std::int64_t width) {
  constexpr std::array<std::int64_t, 9> halved_after{10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};
  for (const std::int64_t last : halved_after) share /= query > last ? 2 : 1;
  auto side = static_cast<std::int64_t>(std::lround(std::sqrt(share * static_cast<double>(height * width))));
  if (norm == Norm::l2) side = std::max<std::int64_t>(side, 3) / 2 * 2 + 1;
  return std::clamp<std::int64_t>(side, 1, std::min(height, width));
}

Tensor bump(std::int64_t side) {
  const std::int64_t upper = side / 2;
  Tensor lower_half = half_bump(side - upper, side);
  lower_half.div_(-lower_half.norm());
  if (upper == 0) return lower_half;
  Tensor upper_half = half_bump(upper, side);
  upper_half.div_(upper_half.norm());
  const Tensor whole = torch::cat({upper_half, lower_half});
  return whole / whole.norm();
}

}  // namespace eigensweep::attacks
