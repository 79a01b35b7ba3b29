// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "eigensweep/kernels/conv_limit.hpp"
#include "eigensweep/kernels/limit.hpp"
#include "position_pairs.hpp"

namespace eigensweep::kernels {

/// A network and the sizes of its blocks, computed once for all images.
struct Plan {
  explicit Plan(const ConvNetwork& of);
  [[nodiscard]] Tensor affine(const Tensor& gram) const { return network.weight * gram + network.bias; }
  /// Positions of the largest map.
  [[nodiscard]] std::int64_t positions() const;
  /// Pairs of positions that the largest map's recursion keeps, per pair of images.
  [[nodiscard]] std::int64_t position_pairs() const;

  ConvNetwork network;
  std::vector<Axis> y, x;  // per block
};

/// The variances of all of an image's pre-activations.
struct Variances {
  std::vector<Tensor> maps;  // per block [H, W, n]
  Tensor dense;              // [n]
};

/// Images [n, d] float64 with their variances.
struct Images {
  Tensor x;
  Variances variances;

  [[nodiscard]] Images narrow(std::int64_t start, std::int64_t count) const;
};

/// The recursion of each image with itself; differentiable.
Variances variances_of(const Plan& plan, const Tensor& x);

/// The kernels between two sets of images, in one piece; differentiable.
Limit recursion(const Plan& plan, const Images& a, const Images& b, bool with_hidden = false);

}  // namespace eigensweep::kernels
