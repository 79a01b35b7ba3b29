// SPDX-License-Identifier: MIT
#include "apgd_reach.hpp"

namespace eigensweep::attacks {
namespace {

/// A halved step size lets a margin rise again that had stalled, so that the last rate alone says too little.
constexpr double speeds_up = 2;

}  // namespace

void ApgdReach::add(const Tensor& margin, const Tensor& begins) {
  first_ = torch::where(begins, margin, first_);
  best_ = torch::where(begins, margin, torch::maximum(margin, best_));
  at_checkpoint_ = torch::where(begins, margin, at_checkpoint_);
  rate_ = rate_.masked_fill(begins, 0);
}

Tensor ApgdReach::are_hopeless(const Tensor& is_there, const Tensor& interval, const Tensor& step, std::int64_t steps) {
  const auto in_float = [&](const Tensor& counts) { return counts.to(best_.scalar_type()); };
  const Tensor rate = (best_ - at_checkpoint_) / in_float(interval);
  const Tensor average = (best_ - first_) / in_float(step);
  const Tensor fastest = torch::minimum(average, speeds_up * torch::maximum(rate, rate_));
  rate_ = torch::where(is_there, rate, rate_);
  at_checkpoint_ = torch::where(is_there, best_, at_checkpoint_);
  return is_there.logical_and(best_ + fastest * in_float(steps - step) < 0);
}

}  // namespace eigensweep::attacks
