// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/models/model.hpp"
#include "eigensweep/models/numerics/compute.hpp"

namespace eigensweep::attacks {

using torch::Tensor;

/// Gradient of each sample's cross entropy with respect to its inputs: [E, B, d] as `inputs`, which need not require
/// gradients. `labels`: [B], or [E, B] where lanes differ. Losses are summed, so a sample's gradient does not depend on
/// the batch (except through batch statistics in training mode); parameters get no gradients. Products round their
/// operands as the innermost models::ComputeScope says; the second form has one of its own.
Tensor input_gradient(models::Model& model, const Tensor& inputs, const Tensor& labels,
                      models::Mode mode = models::Mode::evaluate);
Tensor input_gradient(models::Model& model, const Tensor& inputs, const Tensor& labels, models::Compute compute);

}  // namespace eigensweep::attacks
