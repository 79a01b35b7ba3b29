// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/numerics/lane_random.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "eigensweep/training/batches.hpp"

namespace eigensweep::training {

/// Adversarial training: every batch is joined by its own perturbed copy, so that half of the samples are clean and
/// half adversarial, as in Nassar et al.'s code. The attack runs in training mode, so its batch statistics are those of
/// the perturbed batch.
class Adversary {
 public:
  /// `seeds`: the lanes' trial seeds; `dataset`: its range bounds the inputs.
  Adversary(const study::Training& training, const std::vector<std::uint64_t>& seeds, const study::DatasetInfo& dataset,
            const torch::Device& device);

  [[nodiscard]] bool is_on() const noexcept { return steps_ > 0; }
  /// Whether join() asks the device for the same work at every step: random starts have the step's number as their key.
  [[nodiscard]] bool repeats() const noexcept { return !random_start_; }
  /// `batch` followed by its perturbed copy, with separate inputs for every lane. `samples` remains the number of clean
  /// samples, which come first.
  [[nodiscard]] Batch join(const Batch& batch, models::Model& model, std::int64_t global_step) const;

 private:
  double epsilon_;
  double lower_;
  double upper_;
  std::int64_t steps_ = 0;  // 0: off
  double relative_step_ = 1.0;
  std::optional<models::LaneRandom> random_start_;
};

}  // namespace eigensweep::training
