// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "eigensweep/training/batches.hpp"

namespace eigensweep::training {

/// A task's loss on one mini-batch, its derivative and its score.
struct TaskResult {
  Tensor loss;      ///< mean over the batch: [E]
  Tensor gradient;  ///< of the lanes' summed losses with respect to the logits: [E, C, B]
  /// How many classes have a logit at least as large as the label's, for each of the batch's own samples:
  /// [E, Batch::samples] int16. 1 means right, if the loss is finite.
  Tensor rank;
};

/// What the networks learn: the loss that is minimised and the score that is reported.
class Task {
 public:
  Task() = default;
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  /// `logits` [E, C, B] without autograd's graph. B exceeds Batch::samples if an adversary has added its samples.
  virtual TaskResult evaluate(const Tensor& logits, const Batch& batch) = 0;
};

/// Classification with the study's "loss" ("cross_entropy", or "mse" to the one-hot label less "target_offset").
std::unique_ptr<Task> make_task(const study::Training& training);

}  // namespace eigensweep::training
