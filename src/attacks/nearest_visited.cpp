// SPDX-License-Identifier: MIT
#include "nearest_visited.hpp"

#include <limits>

#include "columns.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "sample_column.hpp"

namespace eigensweep::attacks {
NearestVisited::NearestVisited(const Problem& problem, Norm norm, const Tensor& logits)
    : problem_(problem),
      region_(norm, problem.lower, problem.upper),
      finite_(logits.isfinite().flatten(1).all(1).unsqueeze(1)) {
  const Tensor right = models::is_right(logits, problem.labels);
  distance_ = right.to(torch::kFloat64).mul_(infinity).masked_fill_(right.logical_not(), 0);
  outside_ = torch::zeros_like(right);
}

void NearestVisited::add(const Tensor& x, const Tensor& logits, double radius) {
  const Tensor distance = region_.distance(x, problem_.inputs);
  const Tensor is_finite = distance.isfinite();
  const Tensor is_held = region_.holds(x, problem_.inputs, torch::full({1, 1}, radius, distance.options()));
  outside_.logical_or_(is_held.logical_not().logical_and_(is_finite));
  const Tensor counts = models::is_right(logits, problem_.labels).logical_not_().logical_and_(is_held);
  // Roundings can carry a point out of its ball.
  distance_ = torch::where(counts, torch::minimum(distance.clamp_max(radius), distance_), distance_);
}

Tensor NearestVisited::distance() const {
  return distance_.masked_fill(finite_.logical_not(), std::numeric_limits<double>::quiet_NaN());
}

void add_distance_columns(const std::vector<Tensor>& distances, const std::vector<Tensor>& unconfirmed,
                          std::vector<wire::Measurement>& lanes) {
  const Tensor distance = torch::cat(distances, 1);
  const Tensor share = torch::cat(unconfirmed, 1).to(torch::kFloat64).mean(1);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const auto lane = static_cast<std::int64_t>(i);
    lanes[i][nearest_distance] = sample_column(distance[lane]);
    lanes[i].unbounded.emplace_back(nearest_distance);
    lanes[i][unconfirmed_share] = wire::Array::scalar(share[lane].item<double>());
  }
}

}  // namespace eigensweep::attacks
