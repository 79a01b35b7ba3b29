// SPDX-License-Identifier: MIT
#include "search_record.hpp"

#include "columns.hpp"
#include "nearest_visited.hpp"
#include "sample_column.hpp"

namespace eigensweep::attacks {
void SearchRecord::add(const Search& search) {
  distance_.push_back(search.distance().cpu());
  finder_.push_back(search.finder().cpu());
  // A sample whose gradient is 0 where an attack ended, and that was fooled by another one later, is no cause for
  // alarm.
  dead_.push_back(search.dead().logical_and(search.target_of_all() > 0).cpu());
  gradients_.add(search.gradients());
}

void SearchRecord::add_columns(std::vector<wire::Measurement>& lanes) const {
  if (distance_.empty()) return;
  const Tensor finder = torch::cat(finder_, 1);
  const Tensor dead = torch::cat(dead_, 1).to(torch::kFloat64).mean(1);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const auto lane = static_cast<std::int64_t>(i);
    lanes[i][found_by] = sample_column(finder[lane]);
    lanes[i][dead_share] = wire::Array::scalar(dead[lane].item<double>());
  }
  gradients_.add_column(lanes);
  add_distance_column(distance_, lanes);
}

void SearchRecord::add_share(const char* column, Finder finder, std::vector<wire::Measurement>& lanes) const {
  if (finder_.empty()) return;
  const Tensor is_its = torch::cat(finder_, 1) == static_cast<std::int64_t>(finder);
  const Tensor share = is_its.to(torch::kFloat64).mean(1);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes[i][column] = wire::Array::scalar(share[static_cast<std::int64_t>(i)].item<double>());
  }
}

}  // namespace eigensweep::attacks
