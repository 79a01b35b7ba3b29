// SPDX-License-Identifier: MIT
#include "eigensweep/training/batches.hpp"

#include <algorithm>

#include "eigensweep/core/random.hpp"

namespace eigensweep::training {

Batches::Batches(const data::DeviceDataset& data, const std::vector<std::uint64_t>& order_seeds,
                 std::int64_t batch_size, bool drop_last)
    : data_(data), batch_size_(batch_size), total_(data.train_images.size(0)) {
  std::vector<std::int64_t> group_of;
  for (const std::uint64_t seed : order_seeds) {
    if (group_seeds_.empty() || group_seeds_.back() != seed) {
      group_seeds_.push_back(seed);
      group_lanes_.push_back(0);
    }
    ++group_lanes_.back();
    group_of.push_back(static_cast<std::int64_t>(group_seeds_.size()) - 1);
  }
  group_of_ = torch::tensor(group_of, torch::kInt64).to(data.train_images.device());
  // A dataset smaller than one batch makes one batch even with `drop_last`: an epoch without a step would train
  // nothing.
  count_ = drop_last ? std::max<std::int64_t>(total_ / batch_size, 1) : (total_ + batch_size - 1) / batch_size;
}

std::int64_t Batches::samples() const noexcept { return std::min(count_ * batch_size_, total_); }

std::int64_t Batches::samples_of(std::int64_t step) const noexcept {
  return std::min(batch_size_, total_ - step * batch_size_);
}

void Batches::begin_epoch(std::int64_t epoch) {
  order_ = ahead_.defined() && ahead_epoch_ == epoch ? ahead_ : drawn(epoch);
  ahead_ = Tensor();
}

void Batches::draw_ahead(std::int64_t epoch) {
  if (data_.train_images.is_cpu()) return;
  ahead_ = drawn(epoch);
  ahead_epoch_ = epoch;
}

Tensor Batches::drawn(std::int64_t epoch) const {
  const auto groups = static_cast<std::int64_t>(group_seeds_.size());
  const torch::Device device = data_.train_images.device();
  // From pinned memory a GPU copies by itself, after what it was asked for before, while the host goes on.
  const Tensor order =
      torch::empty({groups * total_}, torch::TensorOptions(torch::kInt64).pinned_memory(device.is_cuda()));
  auto* const place = order.data_ptr<std::int64_t>();
  for (std::int64_t group = 0; group < groups; ++group) {
    const random::Key key{group_seeds_[static_cast<std::size_t>(group)], random::Purpose::batch_order,
                          static_cast<std::uint64_t>(epoch), 0};
    const std::vector<std::int64_t> permutation = random::permutation(key, static_cast<std::uint32_t>(total_));
    for (std::int64_t first = 0, step = 0; first < total_; first += batch_size_, ++step) {
      const std::int64_t samples = samples_of(step);
      std::copy_n(permutation.begin() + first, samples, place + first * groups + group * samples);
    }
  }
  return order.to(device, /*non_blocking=*/device.is_cuda());
}

Tensor Batches::index(std::int64_t step) const {
  const auto groups = static_cast<std::int64_t>(group_seeds_.size());
  return order_.narrow(0, step * batch_size_ * groups, samples_of(step) * groups);
}

Batch Batches::of(const Tensor& index) const {
  const auto groups = static_cast<std::int64_t>(group_seeds_.size());
  const std::int64_t samples = index.size(0) / groups;
  const std::int64_t lanes = group_of_.size(0);
  Batch batch;
  batch.samples = samples;
  batch.inputs.x = data::to_inputs(data_.train_images.index_select(0, index)).view({groups, samples, -1});
  batch.inputs.lanes = group_lanes_;
  const Tensor labels = data_.train_labels.index_select(0, index).view({groups, samples});
  Tensor& of_lanes = batch.targets["labels"];
  if (groups == lanes) {
    of_lanes = labels;
  } else {
    of_lanes = groups == 1 ? labels.expand({lanes, samples}) : labels.index_select(0, group_of_);
  }
  return batch;
}

}  // namespace eigensweep::training
