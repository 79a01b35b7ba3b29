// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::kernels {

using torch::Tensor;

/// An affine layer's part of the recursion. It maps the Gram matrix G below it to weight G + bias, and the tangent
/// kernel T below it to trained_weight G + trained_bias + weight T.
struct AffineLaw {
  double weight = 1;          ///< variance of the weights times fan in
  double bias = 0;            ///< variance of the biases
  double trained_weight = 1;  ///< NTK parametrisation: `weight`; standard: fan in
  double trained_bias = 0;    ///< NTK parametrisation: `bias`; standard: 1
};

/// The laws of all layers of a network with `depth` hidden layers in the NTK parametrisation:
/// z = sqrt(weight / fan in) W h + sqrt(bias) b with W, b ~ N(0, 1).
std::vector<AffineLaw> ntk_laws(std::int64_t depth, double weight, double bias);

/// Kernels of a network of infinite width between samples x1 [n, d] and x2 [m, d].
struct Limit {
  Tensor nngp;                 ///< [n, m]: covariance of an output at initialisation
  Tensor ntk;                  ///< [n, m]: neural tangent kernel of an output; outputs do not mix
  std::vector<Tensor> hidden;  ///< per hidden layer [n, m], if asked for: mean over its units of h(x1) h(x2)
};

/// The kernels of a multilayer perceptron. `laws`: input layer first, readout last; `activation`: as in a study file.
/// Float64 whatever the inputs are; differentiable in both. Recursion of Jacot, Gabriel, Hongler 2018
/// (arXiv:1806.07572) and Lee et al. 2019 (arXiv:1902.06720).
Limit dense_limit(const std::vector<AffineLaw>& laws, const std::string& activation, const Tensor& x1, const Tensor& x2,
                  bool with_hidden = false);

}  // namespace eigensweep::kernels
