// SPDX-License-Identifier: MIT
#include "dense_layers.hpp"

#include <algorithm>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/batch_norm.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::models {
namespace {

/// Turns dL/dh of hidden layer `layer` into dL/dz, where h = f(z) or its batch norm. Adds derivatives by the batch
/// norm's shifts and gains to `of_parameters`, unless it is null.
Tensor through_unit(const Pass& pass, std::size_t layer, Tensor gradient, std::vector<Tensor>* of_parameters) {
  const Tensor z = pass.preactivations.empty() ? Tensor() : pass.preactivations[layer];
  const BatchNorm* norm = pass.network.layers[layer].norm;
  if (norm == nullptr) {
    multiply_by_slope(pass.network.activation, gradient, z, pass.output.hidden[layer]);
    return gradient;
  }
  const NormPass& kept = pass.norms[layer];
  BatchNorm::Gradients below = norm->backward(kept, gradient, pass.mode, of_parameters != nullptr);
  if (of_parameters != nullptr) of_parameters->insert(of_parameters->end(), {below.bias, below.weight});
  multiply_by_slope(pass.network.activation, below.input, z, kept.input);
  return below.input;
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
    if (dense.norm != nullptr) h = dense.norm->features(h, pass.mode, pass.norms.emplace_back());
    pass.output.hidden.push_back(h);
  }
}

std::vector<Tensor> parameter_gradients(const Pass& pass, OutputGradient gradient) {
  const torch::NoGradGuard no_gradients;
  const std::vector<DenseLayer>& layers = pass.network.layers;
  std::vector<Tensor> gradients;              // of the last parameter first
  Tensor above = std::move(gradient.logits);  // dL/dz of the layer at hand
  for (std::size_t layer = layers.size(); layer-- > 0;) {
    const DenseLayer& dense = layers[layer];
    const Tensor of_weight = layer == 0 ? weight_gradient_of_inputs(above, pass.inputs)
                                        : product(above, pass.output.hidden[layer - 1].transpose(1, 2));
    gradients.push_back(by_trained(above.sum(2), dense.bias_factor));
    // The optimisers' kernels read memory linearly.
    gradients.push_back(by_trained(of_weight.contiguous(), dense.weight_factor));
    if (layer == 0) break;
    const Tensor back = dense.weight.transpose(1, 2);
    Tensor below = gradient.hidden.empty() ? Tensor() : std::move(gradient.hidden[layer - 1]);
    if (below.defined()) {
      add_product(below, back, above);
    } else {
      below = product(back, above);
    }
    above = through_unit(pass, layer - 1, std::move(below), &gradients);
  }
  std::reverse(gradients.begin(), gradients.end());
  return gradients;
}

Tensor gradient_of_inputs(const Pass& pass, const Tensor& logits) {
  const torch::NoGradGuard no_gradients;
  EIGENSWEEP_EXPECT(pass.inputs.x.size(0) == logits.size(0));
  const std::vector<DenseLayer>& layers = pass.network.layers;
  Tensor gradient = logits;
  for (std::size_t layer = layers.size(); layer-- > 0;) {
    gradient = product(layers[layer].weight.transpose(1, 2), gradient);
    if (layer > 0) gradient = through_unit(pass, layer - 1, std::move(gradient), nullptr);
  }
  return gradient.transpose(1, 2);
}

}  // namespace eigensweep::models
