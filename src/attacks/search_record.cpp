// SPDX-License-Identifier: MIT
#include "search_record.hpp"

#include "columns.hpp"
#include "nearest_visited.hpp"
#include "sample_column.hpp"
#include "search_audit.hpp"

namespace eigensweep::attacks {
namespace {

constexpr int tenths = 10;

/// The shares of samples with a progress [E, n] in each tenth, the last of 1 included: [E, 10] float64.
Tensor shares_of_tenths(const Tensor& progress) {
  const Tensor tenth = (progress * tenths - 1e-9).ceil_().sub_(1).clamp_min_(0);  // NaN stays
  std::vector<Tensor> shares;
  for (int i = 0; i < tenths; ++i) shares.push_back((tenth == i).to(torch::kFloat64).mean(1));
  return torch::stack(shares, 1);
}

}  // namespace

void SearchRecord::add(const Search& search) {
  distance_.push_back(search.distance().cpu());
  unconfirmed_.push_back(are_unconfirmed(search).cpu());
  progress_.push_back(search.progress().cpu());
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
  add_distance_columns(distance_, unconfirmed_, lanes);
}

void SearchRecord::add_tenths(std::vector<wire::Measurement>& lanes) const {
  if (progress_.empty()) return;
  const Tensor shares = shares_of_tenths(torch::cat(progress_, 1));
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const Tensor of_lane = shares[static_cast<std::int64_t>(i)];
    lanes[i][tenth_shares] = sample_column(of_lane);
    lanes[i][late_share] = wire::Array::scalar(of_lane[tenths - 1].item<double>());
  }
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
