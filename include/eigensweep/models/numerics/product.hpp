// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

using torch::Tensor;

// Products of float32 round their operands as the innermost ComputeScope says.

/// a [E, R, K] times b [E, K, S], lane by lane: [E, R, S]. No gradient flows through it.
///
/// On a CPU, the rows of a large result start on cache lines (its stride is S rounded up to 16): otherwise writing them
/// costs up to a third of the time. Large lanes run one after the other, each on all threads, because batched products
/// of few large matrices use threads worse.
Tensor product(const Tensor& a, const Tensor& b);

/// sum [E, R, S] += a [E, R, K] times b [E, K, S], lane by lane, in place. An undefined sum is 0. No gradient flows
/// through it.
void add_product(Tensor& sum, const Tensor& a, const Tensor& b);

/// An uninitialised tensor [E, R, S] whose rows start as product()'s would.
Tensor empty_rows(std::int64_t lanes, std::int64_t rows, std::int64_t samples, const torch::TensorOptions& options);
/// Whether product() takes the lanes of `a` [E, R, K] one after the other, each on all threads.
bool runs_lane_by_lane(const Tensor& a);

/// weight [E, R, K] times h [E, K, S] plus bias [E, R]: [E, R, S], differentiable in all three, any number of times. An
/// undefined bias adds nothing.
Tensor affine(const Tensor& weight, const Tensor& bias, const Tensor& h);

}  // namespace eigensweep::models
