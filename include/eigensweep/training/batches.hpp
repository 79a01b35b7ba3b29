// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::training {

using torch::Tensor;

/// What a task learns from: the networks' inputs, and named tensors for its loss and score.
struct Batch {
  models::Inputs inputs;
  std::map<std::string, Tensor> targets;  ///< classification: "labels" [E, B] int64
  std::int64_t samples = 0;               ///< B
};

/// The mini-batches of E lanes over a dataset's training split. Consecutive lanes of equal order form a group and share
/// the gather.
class Batches {
 public:
  /// `order_seeds[lane]`: the seed of the lane's sample order.
  Batches(const data::DeviceDataset& data, const std::vector<std::uint64_t>& order_seeds, std::int64_t batch_size,
          bool drop_last);

  /// Draws the order of an epoch (from 0): a function of the order seed and the epoch alone.
  void begin_epoch(std::int64_t epoch);
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  /// Samples seen in a whole epoch.
  [[nodiscard]] std::int64_t samples() const noexcept;
  /// Samples of mini-batch `step`.
  [[nodiscard]] std::int64_t samples_of(std::int64_t step) const noexcept;
  /// Mini-batch `step` (from 0) of the epoch.
  [[nodiscard]] Batch at(std::int64_t step) const;

 private:
  const data::DeviceDataset& data_;
  std::vector<std::uint64_t> group_seeds_;
  std::vector<std::int64_t> group_lanes_;
  std::int64_t batch_size_;
  std::int64_t total_;
  std::int64_t count_;
  Tensor order_;     // [G * n] int64, on the device: of each mini-batch in turn, the samples of each group
  Tensor group_of_;  // [E] int64, on the device
};

}  // namespace eigensweep::training
