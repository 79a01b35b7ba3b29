// SPDX-License-Identifier: MIT
#include "eigensweep/training/epoch_record.hpp"

#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::training {
namespace {

/// Rows [E] or [steps, E] as one tensor [steps, E].
Tensor joined(const std::vector<Tensor>& rows) {
  std::vector<Tensor> parts;
  for (const Tensor& row : rows) parts.push_back(row.dim() == 1 ? row.unsqueeze(0) : row);
  return torch::cat(parts);
}

}  // namespace

EpochRecord::EpochRecord(std::int64_t lanes, const torch::Device& device)
    : sums_(torch::zeros({4, lanes}, torch::TensorOptions(torch::kFloat64).device(device))) {}

void EpochRecord::clear() {
  sums_.zero_();
  task_losses_.clear();
  penalties_.clear();
  ranks_.clear();
}

void EpochRecord::add(const StepResult& result) {
  task_losses_.push_back(result.task_loss);
  if (result.penalty.defined()) penalties_.push_back(result.penalty);
  ranks_.push_back(result.rank);
}

Tensor EpochRecord::correct() const {
  return ranks_.empty() ? sums_[3] : sums_[3] + torch::cat(ranks_, 1).eq(1).sum(1);
}

Tensor EpochRecord::sums(const std::vector<std::int64_t>& samples, double task_weight) const {
  Tensor task = sums_[1], penalty = sums_[2], loss = sums_[0];
  const auto add = [&](Tensor& sum, const std::vector<Tensor>& rows, double weight) {
    if (rows.empty()) return;
    const Tensor all = joined(rows);
    EIGENSWEEP_EXPECT(std::cmp_less_equal(all.size(0), samples.size()));
    const std::vector<std::int64_t> last(samples.end() - all.size(0), samples.end());
    const Tensor counts = torch::tensor(last, torch::kFloat64).to(sums_.device());
    const Tensor part = (all.to(torch::kFloat64) * counts.unsqueeze(1)).sum(0);
    sum = sum + part;
    loss = loss + part * weight;
  };
  add(task, task_losses_, task_weight);
  add(penalty, penalties_, 1);
  return torch::stack({loss, task, penalty, correct()});
}

std::vector<models::NamedTensor> EpochRecord::state() const {
  Tensor sums = sums_.clone();
  sums[3].copy_(correct());
  std::vector<models::NamedTensor> tensors{{"sums", sums}};
  if (!task_losses_.empty()) tensors.push_back({"task_losses", joined(task_losses_)});
  if (!penalties_.empty()) tensors.push_back({"penalties", joined(penalties_)});
  return tensors;
}

void EpochRecord::restore(const Tensor& sums, const Tensor& task_losses, const Tensor& penalties) {
  clear();
  sums_.copy_(sums);
  if (task_losses.defined()) task_losses_.push_back(task_losses.to(sums_.device()));
  if (penalties.defined()) penalties_.push_back(penalties.to(sums_.device()));
}

}  // namespace eigensweep::training
