// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/kernels/limit.hpp"

namespace eigensweep::kernels {

/// A convolutional network whose channels and units are infinitely many: `depth` blocks of a convolution that pads
/// nothing, a nonlinearity and, if `pools`, 2x2 average pooling; then, of the flattened images, a dense hidden layer
/// and the readout. Weights and biases are those of the NTK parametrisation, of the same variances in all layers.
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
/// both, but for `hidden`.
///
/// The recursion (Arora et al. 2019, arXiv:1904.11955; Novak et al. 2019, arXiv:1810.05148; without padding) is over
/// pairs of positions, one in either image. Flattening asks for equal positions alone; a convolution keeps the offset
/// between the two, and pooling doubles it and adds one: so without pooling it takes n m S operations and numbers for S
/// positions, and with it n m S (2^(L+1) - 1)^2 where L poolings follow, never the n m S^2 of all pairs. Images are
/// taken block by block, and gradients by computing each block once more: beyond its result a call holds some 100 MiB
/// per thread, however many images there are (at least what one pair of images takes).
Limit conv_limit(const ConvNetwork& network, const Tensor& x1, const Tensor& x2, bool with_hidden = false);

}  // namespace eigensweep::kernels
