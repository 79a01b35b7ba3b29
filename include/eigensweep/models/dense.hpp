// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "eigensweep/core/random.hpp"
#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

/// Affine map of the inputs: weight [E, N, d], bias [E, N] or undefined, x in groups [G, B, d] gives [E, N, B]. Lanes
/// of one group share one matrix product of [lanes * N, d] with [d, B]: many narrow networks cost about as much as one
/// wide one.
Tensor affine_of_inputs(const Tensor& weight, const Tensor& bias, const Inputs& inputs);

/// The derivative of affine_of_inputs() by its weights, [E, N, d], where `gradient` [E, N, B] is that by its result.
Tensor weight_gradient_of_inputs(const Tensor& gradient, const Inputs& inputs);

/// Initial tensors of every lane, stacked: [E, ...shape], float32, on the CPU. `fill` draws one lane's numbers from its
/// key (seed, initial_weights, stream).
Tensor drawn_by_lane(const std::vector<std::uint64_t>& seeds, std::uint64_t stream,
                     const std::vector<std::int64_t>& shape,
                     const std::function<void(const random::Key&, std::span<float>)>& fill);

/// Initial tensors of every lane by torch's default for nn.Linear: uniform in [-1/sqrt(fan_in), 1/sqrt(fan_in)), keyed
/// by (seed, initial_weights, stream). Shape [E, ...shape], float32, on the CPU.
Tensor default_uniform(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, std::int64_t fan_in,
                       const std::vector<std::int64_t>& shape);

}  // namespace eigensweep::models
