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
  /// Draws the order of the epoch that begins next, and sends it to the device, while that is still at work. Does
  /// nothing on a CPU, where nothing would be at work meanwhile.
  void draw_ahead(std::int64_t epoch);
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  /// Samples seen in a whole epoch.
  [[nodiscard]] std::int64_t samples() const noexcept;
  /// Samples of mini-batch `step`.
  [[nodiscard]] std::int64_t samples_of(std::int64_t step) const noexcept;
  /// Mini-batch `step` (from 0) of the epoch.
  [[nodiscard]] Batch at(std::int64_t step) const { return of(index(step)); }
  /// Its samples of each group in turn, as numbers of the training split: [G * B] int64, on the device.
  [[nodiscard]] Tensor index(std::int64_t step) const;
  /// The mini-batch of such samples.
  [[nodiscard]] Batch of(const Tensor& index) const;

 private:
  /// What begin_epoch() draws, for order_.
  [[nodiscard]] Tensor drawn(std::int64_t epoch) const;

  const data::DeviceDataset& data_;
  std::vector<std::uint64_t> group_seeds_;
  std::vector<std::int64_t> group_lanes_;
  std::int64_t batch_size_;
  std::int64_t total_;
  std::int64_t count_;
  Tensor order_;     // [G * n] int64, on the device: of each mini-batch in turn, the samples of each group
  Tensor group_of_;  // [E] int64, on the device
  Tensor ahead_;     // as order_, of epoch ahead_epoch_; undefined if none was drawn
  std::int64_t ahead_epoch_ = 0;
};

}  // namespace eigensweep::training
