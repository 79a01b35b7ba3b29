// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "eigensweep/constraints/constraint.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/regularizers/regularizer.hpp"
#include "eigensweep/training/adversary.hpp"
#include "eigensweep/training/optimizer.hpp"
#include "eigensweep/training/task.hpp"

namespace eigensweep::training {

/// What one step saw before it changed the parameters; each [E], on the device.
struct StepResult {
  Tensor loss;       ///< the whole loss that is minimised
  Tensor task_loss;  ///< the task's part
  Tensor penalty;    ///< the penalties, times their strengths
  Tensor correct;    ///< clean samples classified right, int64
};

/// One optimiser step of all lanes: forward, losses, gradients, update. Losses are summed over lanes, so each lane's
/// gradient is its own.
class Stepper {
 public:
  Stepper(models::Model& model, Task& task, std::vector<std::unique_ptr<regularizers::Regularizer>>& regularizers,
          std::vector<std::unique_ptr<constraints::Constraint>>& constraints, Optimizer& optimizer, Adversary adversary,
          double task_weight)
      : model_(model),
        task_(task),
        regularizers_(regularizers),
        constraints_(constraints),
        optimizer_(optimizer),
        adversary_(std::move(adversary)),
        task_weight_(task_weight) {}
  /// `global_step`: steps since the training began.
  StepResult step(const Batch& batch, double rate_factor, std::int64_t global_step);

 private:
  models::Model& model_;
  Task& task_;
  std::vector<std::unique_ptr<regularizers::Regularizer>>& regularizers_;
  std::vector<std::unique_ptr<constraints::Constraint>>& constraints_;
  Optimizer& optimizer_;
  Adversary adversary_;
  double task_weight_;  // factor of the task's loss in the whole loss
};

}  // namespace eigensweep::training
