// SPDX-License-Identifier: MIT
#include "bisect.hpp"

#include <limits>

namespace eigensweep::attacks {
namespace {

/// Of the largest logit, in roundings of it: sums of a thousand products differ by some ten where their order does.
constexpr double clear_roundings = 100;

double clearance_of(torch::ScalarType type) {
  return clear_roundings * (type == torch::kFloat64 ? std::numeric_limits<double>::epsilon()
                                                    : double{std::numeric_limits<float>::epsilon()});
}

}  // namespace

void bisect_nearest(Search& search, std::int64_t halvings, Finder finder) {
  const Tensor is_open = search.distance()
                             .isfinite()
                             .logical_and_(search.distance() > 0)
                             .logical_and_(search.finder() == static_cast<std::int64_t>(finder));
  const auto count = is_open.numel() == 0 ? 0 : is_open.sum(1).max().item<std::int64_t>();
  if (count == 0) return;
  const Tensor sample = active_first(is_open, count);
  const Tensor active = is_open.gather(1, sample);
  const Tensor centre = rows_of(search.centre(), sample);
  const Tensor offset = rows_of(search.nearest(), sample) - centre;
  Tensor low = torch::zeros(sample.sizes(), centre.options()), high = torch::ones_like(low);
  const double clearance = clearance_of(search.clean_logits().scalar_type());
  for (std::int64_t i = 0; i < halvings; ++i) {
    const Tensor middle = (low + high) / 2;
    const Tensor wrong =
        search.try_points(centre + middle.unsqueeze(-1) * offset, sample, active, finder, clearance).wrong;
    high = torch::where(wrong, middle, high);
    low = torch::where(wrong, low, middle);
  }
}

}  // namespace eigensweep::attacks
