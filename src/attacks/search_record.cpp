// SPDX-License-Identifier: MIT
#include "search_record.hpp"

#include <cstring>

#include "columns.hpp"

namespace eigensweep::attacks {
namespace {

/// `tensor` [n], float64 or int64, on the CPU.
wire::Array array_of(const Tensor& tensor) {
  wire::Array array;
  array.dtype = tensor.scalar_type() == torch::kFloat64 ? "f64" : "i64";
  array.shape = {tensor.size(0)};
  array.bytes.resize(tensor.nbytes());
  std::memcpy(array.bytes.data(), tensor.contiguous().const_data_ptr(), array.bytes.size());
  return array;
}

}  // namespace

void SearchRecord::add(const Search& search) {
  distance_.push_back(search.distance().cpu());
  finder_.push_back(search.finder().cpu());
  // A sample whose gradient is 0 where an attack ended, and that was fooled by another one later, is no cause for
  // alarm.
  dead_.push_back(search.dead().logical_and(search.target_of_all() > 0).cpu());
  const Tensor gradients = search.gradients().cpu();
  gradients_ = gradients_.defined() ? gradients_ + gradients : gradients;
}

void SearchRecord::add_columns(std::vector<wire::Measurement>& lanes) const {
  if (distance_.empty()) return;
  const Tensor distance = torch::cat(distance_, 1), finder = torch::cat(finder_, 1);
  const Tensor dead = torch::cat(dead_, 1).to(torch::kFloat64).mean(1);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const auto lane = static_cast<std::int64_t>(i);
    lanes[i][nearest_distance] = array_of(distance[lane]);
    lanes[i].unbounded.emplace_back(nearest_distance);
    lanes[i][found_by] = array_of(finder[lane]);
    lanes[i][sample_gradients] = wire::Array::scalar(gradients_[lane].item<double>());
    lanes[i][dead_share] = wire::Array::scalar(dead[lane].item<double>());
  }
}

}  // namespace eigensweep::attacks
