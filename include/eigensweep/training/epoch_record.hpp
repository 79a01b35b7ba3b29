// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/training/stepper.hpp"

namespace eigensweep::training {

/// What the steps of an open epoch saw of E lanes. It stays on the device as the steps left it and is summed at the
/// epoch's end, so that a step neither waits nor adds operations for it.
class EpochRecord {
 public:
  EpochRecord(std::int64_t lanes, const torch::Device& device);

  void clear();
  void add(const StepResult& result);
  /// Sums over the samples seen of the whole loss, the task's, the penalties, and how many samples were right: [4, E]
  /// float64. `samples`: how many samples each of the epoch's first steps had. `task_weight`: StepResult's.
  [[nodiscard]] Tensor sums(const std::vector<std::int64_t>& samples, double task_weight) const;

  /// For a checkpoint: what sums() needs, with the same bits. "sums" [4, E]; "task_losses" and "penalties" [steps, E],
  /// where there are any.
  [[nodiscard]] std::vector<models::NamedTensor> state() const;
  /// Takes the content of such tensors over. Older checkpoints have "sums" alone.
  void restore(const Tensor& sums, const Tensor& task_losses, const Tensor& penalties);

 private:
  [[nodiscard]] Tensor correct() const;

  Tensor sums_;                                  // [4, E] float64: of the steps that have no rows of their own
  std::vector<Tensor> task_losses_, penalties_;  // rows: [E] of one step, or [steps, E]
  std::vector<Tensor> ranks_;                    // [E, B] of each step
};

}  // namespace eigensweep::training
