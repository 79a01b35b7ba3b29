// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/kernels/limit.hpp"

namespace eigensweep::kernels {

/// A convolutional network with infinitely many channels and units: `depth` blocks of a convolution without padding, a
/// nonlinearity and, if `pools`, 2x2 average pooling; then, on the flattened images, a dense hidden layer and the
/// readout. Weights and biases are those of the NTK parametrisation, of the same variances in all layers.
struct ConvNetwork {
  std::vector<std::int64_t> input_shape;  ///< {channels, height, width}
  std::int64_t depth = 1, kernel = 3, stride = 1;
  bool pools = false;
  std::string activation;  ///< as in a study file
  double weight = 1;       ///< variance of the weights times fan in
  double bias = 0;         ///< variance of the biases
};

/// Its kernels between images x1 [n, d] and x2 [m, d], d = channels height width; `hidden`, if asked for, has each
/// block's Gram matrix (after pooling) and the dense layer's. Float64 whatever the inputs are; differentiable once in
/// both, except `hidden`.
///
/// The recursion (Arora et al. 2019, arXiv:1904.11955; Novak et al. 2019, arXiv:1810.05148; without padding) is over
/// pairs of positions, one in either image. Flattening needs pairs of equal positions only. A convolution needs the
/// same offsets below it (times its stride), and pooling needs offsets up to twice as large plus one. So without
/// pooling the recursion takes n m S operations and numbers for S positions; with pooling it takes n m S (2^(L+1)-1)^2
/// where L poolings follow, never the n m S^2 of all pairs. Images are processed in blocks, and gradients recompute
/// each block. Beyond its result a call holds some 100 MiB per thread, however many images there are (at least what one
/// pair of images takes).
Limit conv_limit(const ConvNetwork& network, const Tensor& x1, const Tensor& x2, bool with_hidden = false);

}  // namespace eigensweep::kernels
