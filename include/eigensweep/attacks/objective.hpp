// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/attacks/objective_kinds.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/numerics/compute.hpp"

namespace eigensweep::attacks {

using torch::Tensor;

/// The objective of each sample: [E, B]. `logits` [E, C, B]; `labels` [B] or [E, B]; `targets`, of the objectives that
/// have one, the same.
Tensor value_of(Objective objective, const Tensor& logits, const Tensor& labels, const Tensor& targets = {});
/// Its derivative by the sample's logits: [E, C, B].
Tensor gradient_of(Objective objective, const Tensor& logits, const Tensor& labels, const Tensor& targets = {});

/// Logits [E, C, B] with minus infinity for the label's; `labels` [B] or [E, B].
Tensor without_label(const Tensor& logits, const Tensor& labels);

/// A network's logits at inputs, and where an attack goes from there.
struct Slope {
  Tensor logits;    ///< [E, C, B]
  Tensor gradient;  ///< [E, B, d]: of the objective by the inputs
};

/// At `inputs` [E, B, d], in evaluation mode; parameters get no gradients. Products round their operands as `compute`
/// says, so that the logits are not those of a verdict unless it is float32.
Slope slope(models::Model& model, const Tensor& inputs, Objective objective, const Tensor& labels,
            const Tensor& targets = {}, models::Compute compute = models::Compute::float32);

/// The same, but where saturated units of tanh and erf make a gradient vanish in float32, it is computed again from the
/// logarithms of their slopes. Such a gradient is the true one but for a positive factor of its sample and lane (see
/// models::SaturationScope), so that it serves attacks that take its direction alone.
Slope steepest_slope(models::Model& model, const Tensor& inputs, Objective objective, const Tensor& labels,
                     const Tensor& targets = {}, models::Compute compute = models::Compute::float32);

}  // namespace eigensweep::attacks
