// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::constraints {

using torch::Tensor;

/// A set that the weights must not leave in training, for all lanes at once. Its hooks surround the optimizer's step;
/// they run without gradients, on the device, and do not wait for it.
class Constraint {
 public:
  Constraint() = default;
  virtual ~Constraint() = default;
  Constraint(const Constraint&) = delete;
  Constraint& operator=(const Constraint&) = delete;

  /// Brings the initial networks into the set, before the first step.
  virtual void begin(models::Model& model) { after_step(model); }
  /// May change the gradients, in the order of the parameters, before the optimizer reads them.
  virtual void after_gradients(models::Model& model, std::vector<Tensor>& gradients) { (void)model, (void)gradients; }
  /// Brings the networks back into the set after the optimizer's step.
  virtual void after_step(models::Model& model) = 0;
  /// Whether the hooks ask the device for the same work at every step, with no number that the host gives anew. Such
  /// steps may be recorded.
  [[nodiscard]] virtual bool repeats() const { return false; }
  /// How far each lane's network is outside the set, in units of the set's bound where it has one: [E] float64, 0
  /// inside.
  [[nodiscard]] virtual Tensor violation(models::Model& model) const = 0;
};

/// `options`: the resolved options of this constraint, one per lane; they differ in per-lane options only.
std::unique_ptr<Constraint> make_constraint(const std::vector<Json>& options);

/// Keeps the signs that the network's tensors declare, and multiplies its gradients by the factors that they declare.
/// Null where none declares any.
std::unique_ptr<Constraint> make_signs(models::Model& model);

struct Labelled {
  std::string label;  ///< of the study's section "constraints"; "layer" for the signs that layers keep
  std::unique_ptr<Constraint> constraint;
};

/// The constraints of networks, in the order in which they act, with the initial networks brought into their sets.
/// `configs`: the lanes' resolved configurations; they differ in seed and per-lane options only.
std::vector<Labelled> begin_constraints(const std::vector<Json>& configs, models::Model& model);

}  // namespace eigensweep::constraints
