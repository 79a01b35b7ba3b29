// SPDX-License-Identifier: MIT
#include "dense_layers.hpp"

#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::models {
namespace {

/// Turns dL/dh of hidden layer `layer`, in place, into dL/dz, where h = f(z).
void through_nonlinearity(const Pass& pass, std::size_t layer, Tensor& gradient) {
  const Tensor z = pass.preactivations.empty() ? Tensor() : pass.preactivations[layer];
  multiply_by_slope(pass.network.activation, gradient, z, pass.output.hidden[layer]);
}

/// Turns a derivative by factor * tensor, in place, into the derivative by the tensor.
Tensor by_trained(Tensor gradient, double factor) { return factor == 1 ? gradient : gradient.mul_(factor); }

}  // namespace

void run_dense(Pass& pass) {
  const torch::NoGradGuard no_gradients;
  const DenseLayers& network = pass.network;
  Tensor h;
  for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
    const DenseLayer& dense = network.layers[layer];
    Tensor z =
        layer == 0 ? affine_of_inputs(dense.weight, dense.bias, pass.inputs) : affine(dense.weight, dense.bias, h);
    if (layer + 1 == network.layers.size()) {
      pass.output.logits = std::move(z);
      return;
    }
    if (slope_needs_only_value(network.activation)) {
      h = std::move(z);
      activate_in_place(network.activation, h);
    } else {
      h = activate(network.activation, z);
      pass.preactivations.push_back(std::move(z));
    }
    pass.output.hidden.push_back(h);
  }
}

std::vector<Tensor> parameter_gradients(const Pass& pass, OutputGradient gradient) {
  const torch::NoGradGuard no_gradients;
  const std::vector<DenseLayer>& layers = pass.network.layers;
  const std::size_t count = layers.size();
  std::vector<Tensor> gradients(2 * count);
  Tensor above = std::move(gradient.logits);  // dL/dz of the layer at hand
  for (std::size_t layer = count; layer-- > 0;) {
    const DenseLayer& dense = layers[layer];
    const Tensor of_weight = layer == 0 ? weight_gradient_of_inputs(above, pass.inputs)
                                        : product(above, pass.output.hidden[layer - 1].transpose(1, 2));
    // The optimisers' kernels read memory linearly.
    gradients[2 * layer] = by_trained(of_weight.contiguous(), dense.weight_factor);
    gradients[2 * layer + 1] = by_trained(above.sum(2), dense.bias_factor);
    if (layer == 0) break;
    const Tensor back = dense.weight.transpose(1, 2);
    Tensor below = gradient.hidden.empty() ? Tensor() : std::move(gradient.hidden[layer - 1]);
    if (below.defined()) {
      add_product(below, back, above);
    } else {
      below = product(back, above);
    }
    through_nonlinearity(pass, layer - 1, below);
    above = std::move(below);
  }
  return gradients;
}

Tensor gradient_of_inputs(const Pass& pass, const Tensor& logits) {
  const torch::NoGradGuard no_gradients;
  EIGENSWEEP_EXPECT(pass.inputs.x.size(0) == logits.size(0));
  const std::vector<DenseLayer>& layers = pass.network.layers;
  Tensor gradient = logits;
  for (std::size_t layer = layers.size(); layer-- > 0;) {
    gradient = product(layers[layer].weight.transpose(1, 2), gradient);
    if (layer > 0) through_nonlinearity(pass, layer - 1, gradient);
  }
  return gradient.transpose(1, 2);
}

}  // namespace eigensweep::models
