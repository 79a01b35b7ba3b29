// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/data/torch.hpp"

namespace eigensweep::metrics {

/// Linear centred kernel alignment between activations a [E, N, n] and b [E, M, n] of the same n > 3 samples, from the
/// unbiased estimator of HSIC (Song et al. 2007): 0 for independent features of any width, where the usual one grows
/// with the width. [E] float64.
torch::Tensor debiased_cka(const torch::Tensor& a, const torch::Tensor& b);

/// Centred alignment of kernels [E, n, n] with the kernel of one-hot labels [n] (1 where labels are equal), in [-1, 1].
/// [E] float64 (Cristianini et al. 2001; Cortes, Mohri, Rostamizadeh 2012).
torch::Tensor label_alignment(const torch::Tensor& kernels, const torch::Tensor& labels);

}  // namespace eigensweep::metrics
