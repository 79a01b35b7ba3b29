// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/study/declare/training.hpp"
#include "eigensweep/training/batches.hpp"

namespace eigensweep::training {

/// What the networks learn: the loss that is minimised and the score that is reported.
class Task {
 public:
  Task() = default;
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  /// Mean loss of each lane over the batch: [E], differentiable.
  virtual Tensor loss(const models::Output& output, const Batch& batch) = 0;
  /// How many samples of the batch each lane gets right: [E] int64.
  virtual Tensor correct(const models::Output& output, const Batch& batch) = 0;
};

/// Classification with the study's "loss" ("cross_entropy", or "mse" to the one-hot label less "target_offset").
std::unique_ptr<Task> make_task(const study::Training& training, std::int64_t classes);

}  // namespace eigensweep::training
