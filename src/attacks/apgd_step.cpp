// SPDX-License-Identifier: MIT
#include "apgd_step.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace eigensweep::attacks {
namespace {

/// Whether points lie in memory as the loops below read them: for each lane and feature, all samples in a row.
bool are_rows(std::initializer_list<Tensor> points) {
  return std::all_of(points.begin(), points.end(), [](const Tensor& x) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.transpose(1, 2).is_contiguous();
  });
}

/// Runs body(first number of the row, the row's lane) for each lane and feature of [E, R, d], side by side.
template <class Body>
void over_rows(const Tensor& points, const Body& body) {
  const std::int64_t features = points.size(2), samples = points.size(1);
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, samples));
  at::parallel_for(0, points.size(0) * features, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) body(row * samples, row / features);
  });
}

float clamped(float x, float low, float high) {
  const float above = x < low ? low : x;
  return above > high ? high : above;
}

}  // namespace

void keep_best(ApgdPoints& points, const Tensor& gradient, const Tensor& is_best) {
  if (!are_rows({points.x, gradient, points.best, points.best_gradient})) {
    points.best = torch::where(is_best.unsqueeze(-1), points.x, points.best);
    points.best_gradient = torch::where(is_best.unsqueeze(-1), gradient, points.best_gradient);
    return;
  }
  const std::int64_t samples = points.x.size(1);
  const Tensor flags = is_best.to(torch::kInt32).contiguous();
  const auto* is = flags.const_data_ptr<std::int32_t>();
  const auto *x = points.x.const_data_ptr<float>(), *g = gradient.const_data_ptr<float>();
  auto *best = points.best.mutable_data_ptr<float>(), *best_g = points.best_gradient.mutable_data_ptr<float>();
  over_rows(points.x, [&](std::int64_t at, std::int64_t lane) {
    const std::int32_t* flag = is + lane * samples;
    for (std::int64_t i = 0; i < samples; ++i) {
      best[at + i] = flag[i] != 0 ? x[at + i] : best[at + i];
      best_g[at + i] = flag[i] != 0 ? g[at + i] : best_g[at + i];
    }
  });
}

void move_apgd(ApgdPoints& points, const Region& region, const Tensor& gradient, const Tensor& centre,
               const Tensor& radius, const Tensor& size, const Tensor& share) {
  const Tensor& x = points.x;
  if (region.norm() != Norm::linf || !are_rows({x, points.previous, gradient, centre})) {
    const Tensor part = share.unsqueeze(-1);
    const Tensor aim = region.project(x + size.unsqueeze(-1) * region.direction(gradient), centre, radius);
    const Tensor to = region.project(x + part * (aim - x) + (1 - part) * (x - points.previous), centre, radius);
    points.previous = std::exchange(points.x, to);
    return;
  }
  const std::int64_t samples = x.size(1);
  const auto lower = static_cast<float>(region.lower()), upper = static_cast<float>(region.upper());
  const Tensor radii = radius.contiguous(), sizes = size.contiguous(), shares = share.contiguous();
  const auto *from = x.const_data_ptr<float>(), *g = gradient.const_data_ptr<float>(),
             *middle = centre.const_data_ptr<float>(), *reach = radii.const_data_ptr<float>(),
             *length = sizes.const_data_ptr<float>(), *part = shares.const_data_ptr<float>();
  auto* before =
      points.previous.mutable_data_ptr<float>();  // the points before are read once, so the new ones replace them
  over_rows(x, [&](std::int64_t at, std::int64_t lane) {
    const std::int64_t first = lane * samples;
    for (std::int64_t i = 0; i < samples; ++i) {
      const float here = from[at + i], slope = g[at + i], c = middle[at + i], r = reach[first + i];
      const float low = std::max(c - r, lower), high = std::min(c + r, upper);
      const float sign = static_cast<float>(slope > 0) - static_cast<float>(slope < 0);
      const float aim = clamped(here + length[first + i] * sign, low, high);
      const float to = here + part[first + i] * (aim - here) + (1 - part[first + i]) * (here - before[at + i]);
      before[at + i] = clamped(to, low, high);
    }
  });
  std::swap(points.x, points.previous);
}

}  // namespace eigensweep::attacks
