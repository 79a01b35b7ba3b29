// SPDX-License-Identifier: MIT
#include "response.hpp"

#include <limits>
#include <numbers>
#include <numeric>

namespace eigensweep::balanced {

double Response::time(std::size_t bins_before, std::size_t steps) const {
  const auto half = after_.begin() + static_cast<std::ptrdiff_t>(after_.size() / 2);
  const double before = before_ / static_cast<double>(bins_before);
  const double settled =
      std::accumulate(half, after_.end(), 0.0) / static_cast<double>(after_.end() - half) / static_cast<double>(steps);
  const double wanted = before + (1 - 1 / std::numbers::e) * (settled - before);
  // The mean of a bin stands for its middle; before the first one stands the step itself.
  double last = before, last_at = 0;
  for (std::size_t bin = 0; bin < after_.size(); ++bin) {
    const double here = after_[bin] / static_cast<double>(steps), at = static_cast<double>(bin) + 0.5;
    if ((here - wanted) * (settled - before) >= 0 && settled != before) {
      return here == last ? at : last_at + (at - last_at) * (wanted - last) / (here - last);
    }
    last = here;
    last_at = at;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace eigensweep::balanced
