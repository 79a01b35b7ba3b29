// SPDX-License-Identifier: MIT
#include "dann.hpp"

#include <utility>

#include "dann_layer.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/layer_type.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::models {
namespace {

class DannPass final : public Pass {
 public:
  DannPass(const std::vector<DannLayer>& layers, std::string activation, const Inputs& inputs)
      : layers_(layers), activation_(std::move(activation)), inputs_(inputs), kept_(layers.size()) {
    const torch::NoGradGuard no_gradients;
    EIGENSWEEP_EXPECT(slope_needs_only_value(activation_));
    Tensor h = layers_.front().run(inputs_, kept_.front());
    for (std::size_t layer = 1; layer < layers_.size(); ++layer) {
      activate_in_place(activation_, h);
      output.hidden.push_back(h);
      h = layers_[layer].run(h, kept_[layer]);
    }
    output.logits = h;
  }

  std::vector<Tensor> parameter_gradients(OutputGradient gradient) override {
    const torch::NoGradGuard no_gradients;
    std::vector<std::vector<Tensor>> of_layers(layers_.size());
    Tensor above = std::move(gradient.logits);
    for (std::size_t layer = layers_.size(); layer-- > 0;) {
      const DannLayer::Gradients found = layers_[layer].backward(kept_[layer], above, /*of_parameters=*/true);
      const Tensor both = layer == 0 ? weight_gradient_of_inputs(found.currents, inputs_)
                                     : product(found.currents, output.hidden[layer - 1].transpose(1, 2));
      layers_[layer].collect(both, found, of_layers[layer]);
      if (layer == 0) break;
      above = gradient.of_hidden(layer - 1);
      add_product(above, kept_[layer].both.transpose(1, 2), found.currents);
      multiply_by_slope(activation_, above, {}, output.hidden[layer - 1]);
    }
    std::vector<Tensor> all;
    for (const std::vector<Tensor>& of_layer : of_layers) all.insert(all.end(), of_layer.begin(), of_layer.end());
    return all;
  }

  Tensor input_gradient(const Tensor& logits) override {
    const torch::NoGradGuard no_gradients;
    Tensor above = logits.clone();
    for (std::size_t layer = layers_.size(); layer-- > 0;) {
      const Tensor currents = layers_[layer].backward(kept_[layer], above, /*of_parameters=*/false).currents;
      above = product(kept_[layer].both.transpose(1, 2), currents);
      if (layer > 0) multiply_by_slope(activation_, above, {}, output.hidden[layer - 1]);
    }
    return above.transpose(1, 2);
  }

 private:
  const std::vector<DannLayer>& layers_;
  std::string activation_;
  Inputs inputs_;
  std::vector<DannLayer::Kept> kept_;
};

class Dann final : public Model {
 public:
  Dann(const NetworkOptions& options, const study::DatasetInfo& dataset, const std::vector<std::uint64_t>& seeds,
       const torch::Device& device)
      : activation_(options.activation) {
    lanes_ = static_cast<std::int64_t>(seeds.size());
    hidden_layers_ = static_cast<std::size_t>(options.depth);
    DannSizes sizes{dataset.input_size(), options.width.value, models::inhibitory_units(options), Layer::input,
                    options.layer == NetworkOptions::LayerType::dann};
    constexpr std::int64_t places = 2;  // in nn.Sequential: a layer and its nonlinearity
    for (std::int64_t layer = 0; layer <= options.depth; ++layer) {
      if (layer == options.depth) {
        sizes.role = Layer::output;
        sizes.units = dataset.classes;
        sizes.inhibitory = 1;
      }
      const auto stream = static_cast<std::uint64_t>(2 * layer);
      layers_.emplace_back(sizes, seeds, stream, places * layer, device, parameters_);
      sizes.inputs = sizes.units;
      sizes.role = Layer::hidden;
    }
  }

  [[nodiscard]] bool has_backward() const override { return true; }

  [[nodiscard]] std::int64_t hidden_numbers() const override {
    // Of the widest layer: both products, what is subtracted, gamma, their quotient.
    std::int64_t most = 0;
    for (const NamedTensor& named : parameters_) {
      if (named.tensor.dim() == 3) most = std::max(most, named.tensor.size(1));
    }
    return 5 * lanes_ * most;
  }

  [[nodiscard]] std::vector<SignedWeights> signed_weights() const override {
    std::vector<SignedWeights> weights;
    for (const DannLayer& layer : layers_) weights.push_back(layer.weights());
    return weights;
  }

  [[nodiscard]] std::vector<HiddenUnits> hidden_units() const override {
    std::vector<HiddenUnits> all;
    for (std::size_t layer = 0; layer < hidden_layers_; ++layer) {
      for (HiddenUnits& units : layers_[layer].units()) all.push_back(std::move(units));
    }
    return all;
  }

 protected:
  Output run(const Inputs& inputs, Mode) override {
    Output output;
    Tensor h = layers_.front()(inputs);
    for (std::size_t layer = 0; layer < hidden_layers_; ++layer) {
      h = activate(activation_, h);
      output.hidden.push_back(h);
      h = layers_[layer + 1](h);
    }
    output.logits = h;
    return output;
  }

  std::unique_ptr<Pass> run_by_hand(const Inputs& inputs, Mode) override {
    return std::make_unique<DannPass>(layers_, activation_, inputs);
  }

 private:
  std::string activation_;
  std::vector<DannLayer> layers_;
};

}  // namespace

std::unique_ptr<Model> make_dann(const NetworkOptions& options, const study::DatasetInfo& dataset,
                                 const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  return std::make_unique<Dann>(options, dataset, seeds, device);
}

}  // namespace eigensweep::models
