// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/data/torch.hpp"

namespace eigensweep::attacks {

using torch::Tensor;

/// x + length * sign(gradient) (the sign of 0 and of NaN is 0), then clamped between `lower` and `upper`: in place, in
/// one pass over memory. Returns [E, 1, 1]: not finite for a lane with any gradient that is not.
///
/// x, gradient [E, n, d]; lower, upper [n, d]. The same bits as Torch's operations give one after another, which take
/// three times as long on a CPU: each reads and writes all of x.
Tensor signed_step(Tensor& x, const Tensor& gradient, double length, const Tensor& lower, const Tensor& upper);

}  // namespace eigensweep::attacks
