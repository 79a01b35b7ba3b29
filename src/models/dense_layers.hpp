// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

class BatchNorm;

/// An affine layer z = weight h + bias. Its trained tensors are weight / weight_factor and bias / bias_factor.
struct DenseLayer {
  Tensor weight;  ///< [E, N_out, N_in]
  Tensor bias;    ///< [E, N_out]
  double weight_factor = 1;
  double bias_factor = 1;
  const BatchNorm* norm = nullptr;  ///< of its units after the nonlinearity, or none; lives longer than the pass
};

/// A network of dense layers, with one nonlinearity after each but the last, and a batch norm after it or none. Its
/// parameters are weight and bias of each layer, and gains and shifts of its batch norm.
struct DenseLayers {
  std::string activation;
  std::vector<DenseLayer> layers;
};

/// A pass of such a network.
std::unique_ptr<Pass> run_dense(DenseLayers network, const Inputs& inputs, Mode mode);

}  // namespace eigensweep::models
