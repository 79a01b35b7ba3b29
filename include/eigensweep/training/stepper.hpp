// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "eigensweep/constraints/constraint.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/numerics/compute.hpp"
#include "eigensweep/regularizers/regularizer.hpp"
#include "eigensweep/training/adversary.hpp"
#include "eigensweep/training/optimizer.hpp"
#include "eigensweep/training/task.hpp"

namespace eigensweep::training {

/// What one step saw before it changed the parameters, on the device.
struct StepResult {
  Tensor task_loss;        ///< [E]
  Tensor penalty;          ///< the penalties, times their strengths: [E]; undefined if there are none
  Tensor rank;             ///< as in TaskResult: [E, B]
  double task_weight = 1;  ///< factor of the task's loss in the whole loss

  /// The whole loss that is minimised: [E].
  [[nodiscard]] Tensor loss() const {
    const Tensor weighted = task_weight == 1 ? task_loss : task_loss * task_weight;
    return penalty.defined() ? weighted + penalty : weighted;
  }
};

/// One optimiser step of all lanes: forward, losses, gradients, update. Losses are summed over lanes, so each lane's
/// gradient is its own. Gradients are taken by Model::backward() where it serves the network and every penalty, by
/// autograd elsewhere.
class Stepper {
 public:
  Stepper(models::Model& model, Task& task, std::vector<std::unique_ptr<regularizers::Regularizer>>& regularizers,
          std::vector<std::unique_ptr<constraints::Constraint>>& constraints, Optimizer& optimizer, Adversary adversary,
          double task_weight, models::Compute compute = models::Compute::float32)
      : model_(model),
        task_(task),
        regularizers_(regularizers),
        constraints_(constraints),
        optimizer_(optimizer),
        adversary_(std::move(adversary)),
        task_weight_(task_weight),
        compute_(compute) {}
  /// Whether all steps of an epoch ask the device for the same work, with other samples, while rate_factor stays.
  [[nodiscard]] bool repeats() const;
  /// `global_step`: steps since the training began.
  StepResult step(const Batch& batch, double rate_factor, std::int64_t global_step);

 private:
  /// What the losses say of one forward pass.
  struct Losses {
    TaskResult task;
    Tensor penalty;                 // [E], or undefined
    models::OutputGradient output;  // derivatives in closed form
  };
  Losses losses(const models::Inputs& inputs, const models::Output& output, const Batch& seen, std::int64_t step);
  std::vector<Tensor> autograd_of(const models::Output& output, const Losses& losses);

  models::Model& model_;
  Task& task_;
  std::vector<std::unique_ptr<regularizers::Regularizer>>& regularizers_;
  std::vector<std::unique_ptr<constraints::Constraint>>& constraints_;
  Optimizer& optimizer_;
  Adversary adversary_;
  double task_weight_;  // factor of the task's loss in the whole loss
  models::Compute compute_;
};

}  // namespace eigensweep::training
