// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

// A network of dense layers without autograd: its passes by hand. Autograd runs more operations and records each, and
// on a GPU each one is a kernel launch.

/// Runs `pass.network` on `pass.inputs` and fills in the rest of `pass`.
void run_dense(Pass& pass);

/// Model::backward() of such a network: weight and bias of each layer, and of its batch norm, in order.
std::vector<Tensor> parameter_gradients(const Pass& pass, OutputGradient gradient);

/// Model::input_gradient() of such a network: [E, B, d], features first in memory.
Tensor gradient_of_inputs(const Pass& pass, const Tensor& logits);

}  // namespace eigensweep::models
