// SPDX-License-Identifier: MIT
#include "apgd_step.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "rows.hpp"

namespace eigensweep::attacks {
namespace {

float clamped(float x, float low, float high) {
  const float above = x < low ? low : x;
  return above > high ? high : above;
}

}  // namespace

void step_apgd(ApgdPoints& points, const Region& region, const Tensor& gradient, const Tensor& centre,
               const ApgdMove& move) {
  if (region.norm() != Norm::linf ||
      !are_rows({points.x, points.previous, points.best, points.best_gradient, gradient, centre})) {
    take_rows(points.best, points.x, move.is_best);
    take_rows(points.best_gradient, gradient, move.is_best);
    Tensor from = points.x, along = gradient;
    if (move.is_back.defined()) {
      from = torch::where(move.is_back.unsqueeze(-1), points.best, from);
      along = torch::where(move.is_back.unsqueeze(-1), points.best_gradient, along);
    }
    const Tensor part = move.share.unsqueeze(-1);
    const Tensor aim = region.project(from + move.size.unsqueeze(-1) * region.direction(along), centre, move.radius);
    const Tensor to =
        region.project(from + part * (aim - from) + (1 - part) * (from - points.previous), centre, move.radius);
    points.previous = from;
    points.x = to;
    return;
  }
  const std::int64_t samples = points.x.size(1);
  const auto lower = static_cast<float>(region.lower()), upper = static_cast<float>(region.upper());
  const bool goes_back = move.is_back.defined();
  const auto flags_of = [](const Tensor& flags) { return flags.to(torch::kInt32).contiguous(); };
  const Tensor best_flags = flags_of(move.is_best), back_flags = goes_back ? flags_of(move.is_back) : best_flags;
  const Tensor radii = move.radius.contiguous(), sizes = move.size.contiguous(), shares = move.share.contiguous();
  const auto *is_best = best_flags.const_data_ptr<std::int32_t>(), *is_back = back_flags.const_data_ptr<std::int32_t>();
  const auto *g = gradient.const_data_ptr<float>(), *middle = centre.const_data_ptr<float>(),
             *reach = radii.const_data_ptr<float>(), *length = sizes.const_data_ptr<float>(),
             *part = shares.const_data_ptr<float>();
  auto *x = points.x.mutable_data_ptr<float>(), *best = points.best.mutable_data_ptr<float>(),
       *best_g = points.best_gradient.mutable_data_ptr<float>();
  // The points before are read once, so the new ones replace them.
  auto* before = points.previous.mutable_data_ptr<float>();
  over_rows(points.x, [&](std::int64_t at, std::int64_t /*feature*/, std::int64_t lane) {
    const std::int64_t first = lane * samples;
    for (std::int64_t i = 0; i < samples; ++i) {
      // All are read whatever the flag says: a loop that reads some of them only at times is not vectorised.
      const float here = x[at + i], slope = g[at + i], best_here = best[at + i], best_slope = best_g[at + i];
      best[at + i] = is_best[first + i] != 0 ? here : best_here;
      best_g[at + i] = is_best[first + i] != 0 ? slope : best_slope;
    }
    for (std::int64_t i = 0; goes_back && i < samples; ++i) {
      const float here = x[at + i], best_here = best[at + i];
      x[at + i] = is_back[first + i] != 0 ? best_here : here;
    }
    for (std::int64_t i = 0; i < samples; ++i) {
      const float here = x[at + i], slope_here = g[at + i], best_slope = best_g[at + i];
      const float slope = goes_back && is_back[first + i] != 0 ? best_slope : slope_here;
      const float c = middle[at + i], r = reach[first + i];
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
