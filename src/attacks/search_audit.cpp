// SPDX-License-Identifier: MIT
#include "search_audit.hpp"

#include <algorithm>
#include <vector>

#include "eigensweep/models/numerics/verdict.hpp"

namespace eigensweep::attacks {

Tensor are_unconfirmed(const Search& search) {
  const Problem& problem = search.problem();
  const Tensor distance = search.distance(), &x = search.nearest();
  const Tensor is_found = distance.isfinite().logical_and_(distance > 0);
  if (!is_found.any().item<bool>()) return is_found;
  std::vector<Tensor> right;
  const std::int64_t samples = x.size(1), part = samples / 2 + 1;
  for (std::int64_t first = 0; first < samples; first += part) {
    const std::int64_t count = std::min(part, samples - first);
    const auto inputs = models::Inputs::per_lane(x.narrow(1, first, count));
    right.push_back(models::is_right(problem.model.forward(inputs, models::Mode::evaluate).logits,
                                     problem.labels.narrow(0, first, count)));
  }
  const Tensor stands =
      search.region().holds(x, search.centre(), distance).logical_and_(torch::cat(right, 1).logical_not_());
  return stands.logical_not_().logical_and_(is_found);
}

}  // namespace eigensweep::attacks
