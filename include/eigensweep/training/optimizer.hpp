// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/training/rates.hpp"

namespace eigensweep::training {

using torch::Tensor;

/// Changes the parameters of E lanes by their gradients. Elementwise, so lanes never mix.
class Optimizer {
 public:
  Optimizer() = default;
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One step: `gradients` in the order of the parameters; every lane's learning rate is multiplied by `rate_factor`.
  virtual void step(const std::vector<Tensor>& gradients, double rate_factor) = 0;
  /// All tensors that a checkpoint must keep. It reads them, and copies values back into them.
  virtual std::vector<models::NamedTensor> state() = 0;
};

/// `options`: the resolved "optimizer" section, one per lane; they differ in per-lane options only.
std::unique_ptr<Optimizer> make_optimizer(const std::vector<Json>& options,
                                          std::vector<models::NamedTensor>& parameters);

/// Whether the optimizer of a resolved "optimizer" section divides gradients by their own size, so that a step's size
/// does not depend on theirs. Learning-rate rules depend on this.
bool is_adaptive(const Json& optimizer);

/// Lanes and parameters of equal learning rate and weight decay: one call of a fused kernel serves them all.
struct RateGroup {
  double learning_rate = 0;
  double weight_decay = 0;
  std::vector<std::int64_t> lanes;
  std::vector<std::size_t> members;  ///< which parameters
};
/// If a parameter's learning rate is multiplied, its weight decay is divided by the same factor, so that their product
/// stays the same.
std::vector<RateGroup> rate_groups(const std::vector<Rates>& lanes, const std::vector<models::NamedTensor>& parameters);
template <class Options>
std::vector<RateGroup> rate_groups(const std::vector<Options>& lanes,
                                   const std::vector<models::NamedTensor>& parameters) {
  return rate_groups(std::vector<Rates>(lanes.begin(), lanes.end()), parameters);
}

/// The group's part of a tensor [E, ...] for each parameter: the tensors themselves when the group is all lanes, else a
/// view per lane.
std::vector<Tensor> part_of(const RateGroup& group, const std::vector<Tensor>& stacked);

/// What a schedule multiplies the learning rate by, at an epoch (from 0) of a training of `epochs` epochs.
double schedule_factor(const Json& schedule, std::int64_t epoch, std::int64_t epochs);

}  // namespace eigensweep::training
