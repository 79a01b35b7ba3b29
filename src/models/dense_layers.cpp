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

/// Turns a derivative by factor * tensor, in place, into the derivative by the tensor.
Tensor by_trained(Tensor gradient, double factor) { return factor == 1 ? gradient : gradient.mul_(factor); }

class DensePass final : public Pass {
 public:
  DensePass(DenseLayers network, Inputs inputs, Mode mode)
      : network_(std::move(network)), inputs_(std::move(inputs)), mode_(mode) {
    const torch::NoGradGuard no_gradients;
    Tensor h;
    for (std::size_t layer = 0; layer + 1 < network_.layers.size(); ++layer) {
      h = hidden(network_.layers[layer], affine_of(layer, h));
      output.hidden.push_back(h);
    }
    output.logits = affine_of(network_.layers.size() - 1, h);
  }

  std::vector<Tensor> parameter_gradients(OutputGradient gradient) override {
    const torch::NoGradGuard no_gradients;
    std::vector<Tensor> gradients;              // of the last parameter first
    Tensor above = std::move(gradient.logits);  // dL/dz of the layer at hand
    for (std::size_t layer = network_.layers.size(); layer-- > 0;) {
      const DenseLayer& dense = network_.layers[layer];
      const Tensor of_weight = layer == 0 ? weight_gradient_of_inputs(above, inputs_)
                                          : product(above, output.hidden[layer - 1].transpose(1, 2));
      gradients.push_back(by_trained(above.sum(2), dense.bias_factor));
      gradients.push_back(by_trained(of_weight, dense.weight_factor));
      if (layer == 0) break;
      Tensor below = gradient.of_hidden(layer - 1);
      add_product(below, dense.weight.transpose(1, 2), above);
      above = through_unit(layer - 1, std::move(below), &gradients);
    }
    std::reverse(gradients.begin(), gradients.end());
    return gradients;
  }

  Tensor input_gradient(const Tensor& logits) override {
    const torch::NoGradGuard no_gradients;
    EIGENSWEEP_EXPECT(inputs_.x.size(0) == logits.size(0));
    Tensor gradient = logits;
    for (std::size_t layer = network_.layers.size(); layer-- > 0;) {
      gradient = product(network_.layers[layer].weight.transpose(1, 2), gradient);
      if (layer > 0) gradient = through_unit(layer - 1, std::move(gradient), nullptr);
    }
    return gradient.transpose(1, 2);  // features stay first in memory
  }

 private:
  [[nodiscard]] Tensor affine_of(std::size_t layer, const Tensor& below) const {
    const DenseLayer& dense = network_.layers[layer];
    return layer == 0 ? affine_of_inputs(dense.weight, dense.bias, inputs_) : affine(dense.weight, dense.bias, below);
  }

  Tensor hidden(const DenseLayer& dense, Tensor z) {
    Tensor h = z;
    if (slope_needs_only_value(network_.activation)) {
      activate_in_place(network_.activation, h);
    } else {
      h = activate(network_.activation, z);
      preactivations_.push_back(std::move(z));
    }
    return dense.norm == nullptr ? h : dense.norm->features(h, mode_, norms_.emplace_back());
  }

  /// Turns dL/dh of hidden layer `layer` into dL/dz, where h = f(z) or its batch norm. Adds derivatives by the batch
  /// norm's shifts and gains to `of_parameters`, unless it is null.
  Tensor through_unit(std::size_t layer, Tensor gradient, std::vector<Tensor>* of_parameters) const {
    const Tensor z = preactivations_.empty() ? Tensor() : preactivations_[layer];
    const BatchNorm* norm = network_.layers[layer].norm;
    if (norm == nullptr) {
      multiply_by_slope(network_.activation, gradient, z, output.hidden[layer]);
      return gradient;
    }
    const NormPass& kept = norms_[layer];
    BatchNorm::Gradients below = norm->backward(kept, gradient, mode_, of_parameters != nullptr);
    if (of_parameters != nullptr) of_parameters->insert(of_parameters->end(), {below.bias, below.weight});
    multiply_by_slope(network_.activation, below.input, z, kept.input);
    return below.input;
  }

  DenseLayers network_;
  Inputs inputs_;
  Mode mode_;
  std::vector<Tensor> preactivations_;  // one [E, N_l, B] per hidden layer, if the nonlinearity's slope needs them
  std::vector<NormPass> norms_;         // one per hidden layer, if they have batch norms
};

}  // namespace

std::unique_ptr<Pass> run_dense(DenseLayers network, const Inputs& inputs, Mode mode) {
  return std::make_unique<DensePass>(std::move(network), inputs, mode);
}

}  // namespace eigensweep::models
