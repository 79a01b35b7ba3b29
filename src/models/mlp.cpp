// SPDX-License-Identifier: MIT
// Multilayer perceptron: depth hidden layers of one width, each affine -> nonlinearity -> batch norm (if any), then an
// affine readout. The order and the place of batch norm are those of Nassar et al. 2020.
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"

namespace eigensweep::models {

study::Kind declare_mlp() {
  study::Kind kind;
  kind.family = study::Family::model;
  kind.name = "mlp";
  kind.meaning = "multilayer perceptron with hidden layers of equal width";
  kind.options =
      study::Options{}
          .integer("width", std::nullopt, {1, 1e6}, "units of each hidden layer")
          .integer("depth", 1, {1, 1000}, "number of hidden layers")
          .choice("activation", "tanh", {"tanh", "relu", "erf", "gelu"}, "nonlinearity of the hidden layers")
          .boolean("batch_norm", false, "normalise each hidden layer over the batch, after its nonlinearity");
  kind.shape = [](const Json& options, const study::DatasetInfo& dataset) {
    const auto width = options.at("width").get<std::int64_t>();
    const auto depth = options.at("depth").get<std::int64_t>();
    const bool batch_norm = options.at("batch_norm").get<bool>();
    study::ModelShape shape;
    std::int64_t fan_in = dataset.input_size();
    for (std::int64_t layer = 0; layer < depth; ++layer) {
      shape.forward_flops += 2.0 * static_cast<double>(fan_in) * static_cast<double>(width);
      if (layer == 0) shape.first_layer_flops = shape.forward_flops;
      shape.parameters += fan_in * width + width + (batch_norm ? 2 * width : 0);
      shape.activations += width * (batch_norm ? 2 : 1);
      shape.hidden_widths.push_back(width);
      fan_in = width;
    }
    shape.forward_flops += 2.0 * static_cast<double>(fan_in) * static_cast<double>(dataset.classes);
    shape.parameters += fan_in * dataset.classes + dataset.classes;
    shape.activations += dataset.classes;
    return shape;
  };
  return kind;
}

}  // namespace eigensweep::models

#else
#include <utility>

#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/product.hpp"

namespace eigensweep::models {
namespace {

// torch.nn.BatchNorm1d's defaults.
constexpr double batch_norm_momentum = 0.1;
constexpr double batch_norm_epsilon = 1e-5;

struct BatchNorm {
  Tensor weight, bias, running_mean, running_var;  // [E, N]

  Tensor operator()(const Tensor& h, Mode mode) const {
    // Every unit of every lane is a channel of a single sample of length B, so the kernel reduces along memory.
    const Tensor flat = h.reshape({1, -1, h.size(2)});
    return torch::batch_norm(flat, weight.view({-1}), bias.view({-1}), running_mean.view({-1}), running_var.view({-1}),
                             mode == Mode::train, batch_norm_momentum, batch_norm_epsilon, /*cudnn_enabled=*/false)
        .view_as(h);
  }
};

class Mlp final : public Model {
 public:
  Mlp(const Json& options, const study::DatasetInfo& dataset, const std::vector<std::uint64_t>& seeds,
      const torch::Device& device)
      : activation_(options.at("activation").get<std::string>()) {
    lanes_ = static_cast<std::int64_t>(seeds.size());
    hidden_layers_ = options.at("depth").get<std::size_t>();
    const auto width = options.at("width").get<std::int64_t>();
    const auto depth = options.at("depth").get<std::int64_t>();
    const bool batch_norm = options.at("batch_norm").get<bool>();
    std::int64_t fan_in = dataset.input_size();
    int place = 0;  // in nn.Sequential: Linear, nonlinearity, [BatchNorm1d], ...
    for (std::int64_t layer = 0; layer <= depth; ++layer) {
      const std::int64_t fan_out = layer < depth ? width : dataset.classes;
      const auto stream = 2 * static_cast<std::uint64_t>(layer);
      weights_.push_back(trained(fmt::format("{}.weight", place),
                                 default_uniform(seeds, stream, fan_in, {fan_out, fan_in}).to(device)));
      biases_.push_back(
          trained(fmt::format("{}.bias", place), default_uniform(seeds, stream + 1, fan_in, {fan_out}).to(device)));
      place += 2;
      if (batch_norm && layer < depth) {
        const auto kind = torch::TensorOptions(torch::kFloat32).device(device);
        const std::vector<std::int64_t> shape{lanes_, width};
        BatchNorm norm;
        norm.weight = trained(fmt::format("{}.weight", place), torch::ones(shape, kind));
        norm.bias = trained(fmt::format("{}.bias", place), torch::zeros(shape, kind));
        norm.running_mean = torch::zeros(shape, kind);
        norm.running_var = torch::ones(shape, kind);
        buffers_.push_back({fmt::format("{}.running_mean", place), norm.running_mean});
        buffers_.push_back({fmt::format("{}.running_var", place), norm.running_var});
        norms_.push_back(std::move(norm));
        ++place;
      }
      fan_in = fan_out;
    }
  }

  Output forward(const Inputs& inputs, Mode mode) override {
    Output output;
    Tensor h;
    const std::size_t depth = weights_.size() - 1;
    for (std::size_t layer = 0; layer < depth; ++layer) {
      h = layer == 0 ? affine_of_inputs(weights_[0], biases_[0], inputs) : affine(weights_[layer], biases_[layer], h);
      h = activate(activation_, h);
      if (!norms_.empty()) h = norms_[layer](h, mode);
      output.hidden.push_back(h);
    }
    output.logits = affine(weights_[depth], biases_[depth], h);
    return output;
  }

 private:
  Tensor trained(std::string name, Tensor tensor) {
    tensor.requires_grad_(true);
    parameters_.push_back({std::move(name), tensor});
    return tensor;
  }

  std::string activation_;
  std::vector<Tensor> weights_;  // [E, out, in]
  std::vector<Tensor> biases_;   // [E, out]
  std::vector<BatchNorm> norms_;
};

}  // namespace

std::unique_ptr<Model> make_mlp(const Json& options, const study::DatasetInfo& dataset,
                                const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  return std::make_unique<Mlp>(options, dataset, seeds, device);
}

}  // namespace eigensweep::models
#endif
