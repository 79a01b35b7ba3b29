// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/device_dataset.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::regularizers {

using torch::Tensor;

/// A lane that lost its meaning, and why (one line).
struct Casualty {
  std::int64_t lane = 0;
  std::string reason;
};

/// A penalty that training adds to the task's loss, over all lanes at once.
class Regularizer {
 public:
  Regularizer() = default;
  virtual ~Regularizer() = default;
  Regularizer(const Regularizer&) = delete;
  Regularizer& operator=(const Regularizer&) = delete;

  /// What is renewed once an epoch, before its first step. `alive[lane]` is false for lanes that are given up already.
  virtual std::vector<Casualty> begin_epoch(models::Model& model, const data::DeviceDataset& data,
                                            const std::vector<bool>& alive) {
    (void)model, (void)data, (void)alive;
    return {};
  }
  /// The penalty of each lane on one mini-batch, times its strength: [E], differentiable.
  virtual Tensor penalty(const models::Output& output) = 0;
  /// What must be kept to go on in the middle of an epoch, and its way back from a checkpoint, in the same order.
  virtual std::vector<models::NamedTensor> state() { return {}; }
  virtual void restore(const std::vector<models::NamedTensor>& tensors) { (void)tensors; }
};

/// `options`: the resolved options of this regularizer, one per lane; they differ in per-lane options only.
std::unique_ptr<Regularizer> make_regularizer(const std::vector<Json>& options);

}  // namespace eigensweep::regularizers
