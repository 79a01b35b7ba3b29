// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "dann_layer.hpp"
#include "eigensweep/models/model.hpp"
#include "image_rows.hpp"
#include "recurrent_weights.hpp"

namespace eigensweep::models {

/// x [G, B, d] as what a recurrent network reads, step after step: [G, steps * B, inputs].
Tensor by_rows(const ImageRows& rows, const Tensor& x);

/// E recurrent networks h_t = f(U x_t + W h_(t-1) + b) whose readout, an affine or a "dann" layer, reads the last
/// state. Its parameters are those of U, of W, b, and those of the readout.
struct RecurrentNetwork {
  std::string activation;
  ImageRows rows;
  const RecurrentWeights& of_inputs;            ///< U
  const RecurrentWeights& of_state;             ///< W
  Tensor bias;                                  ///< b [E, N]
  Tensor readout, readout_bias;                 ///< [E, C, N], [E, C]; undefined where a DANN reads
  const DannLayer* dividing_readout = nullptr;  ///< lives longer than the pass
};

/// A pass of such a network; its backward pass is back-propagation through time.
std::unique_ptr<Pass> run_recurrent(const RecurrentNetwork& network, const Inputs& inputs);

}  // namespace eigensweep::models
