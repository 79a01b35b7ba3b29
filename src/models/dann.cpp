// SPDX-License-Identifier: MIT
#include "dann.hpp"

#include "dann_layer.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/layer_type.hpp"

namespace eigensweep::models {
namespace {

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
