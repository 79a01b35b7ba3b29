// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/data/torch.hpp"
#include "eigensweep/study/declare/compute.hpp"

namespace eigensweep::models {

using study::Compute;
using torch::Tensor;

/// While one lives, this thread's layers, and whatever else calls product(), round their operands so. The backward pass
/// of a layer rounds as its forward pass did, whenever it runs. Products of float64, and those that are not taken by
/// product(), affine() or convolution operands (covariances, eigenvectors, kernels), are never rounded.
///
/// A GPU's cuDNN may use TF32 for convolutions of the process meanwhile.
class ComputeScope {
 public:
  explicit ComputeScope(Compute compute);
  ~ComputeScope();
  ComputeScope(const ComputeScope&) = delete;
  ComputeScope& operator=(const ComputeScope&) = delete;

  /// The innermost one's; float32 where there is none.
  static Compute current();

 private:
  Compute before_;
};

/// `x` with each number rounded to the nearest that `compute` keeps: ties to the even one for bfloat16, away from zero
/// for tf32, as GPUs do. The type stays; float64 is returned as it is. No gradient flows through it.
Tensor rounded(const Tensor& x, Compute compute);

/// a [E, R, K] times b [E, K, S] of rounded operands, lane by lane: [E, R, S] float32. Differentiable any number of
/// times, as the product of unrounded operands is, but with rounded operands in every product.
Tensor rounded_product(const Tensor& a, const Tensor& b, Compute compute);

/// `x` as an operand of many products in a scope of `compute`: in the type that they round it to, where they take that
/// type. Elsewhere `x` itself. No gradient flows through it.
Tensor often_multiplied(const Tensor& x, Compute compute);

/// For operations that have no rounded form, as convolutions: `x` rounded, with the gradient of `x`, ...
Tensor rounded_operand(const Tensor& x, Compute compute);
/// ... and `y` as it is, with a rounded gradient: the operand that its operation's backward pass reads.
Tensor with_rounded_gradient(const Tensor& y, Compute compute);

}  // namespace eigensweep::models
