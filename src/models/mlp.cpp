// SPDX-License-Identifier: MIT
// Multilayer perceptron: depth hidden layers of one width, each affine -> nonlinearity -> batch norm (if any), then an
// affine readout; one hidden layer may be whitened at its end. The order and the place of batch norm are those of
// Nassar et al. 2020.
#ifdef EIGENSWEEP_DECLARATIONS
#include "eigensweep/study/kind.hpp"
#include "infinite.hpp"
#include "layer_options.hpp"

namespace eigensweep::models {

study::Kind declare_mlp() {
  study::Kind kind;
  kind.family = study::Family::model;
  kind.name = "mlp";
  kind.meaning = "multilayer perceptron with hidden layers of equal width";
  kind.options = with_layers(
      study::Options{}
          .integer("width", std::nullopt, {1, 1e6}, "units of each hidden layer")
          .or_infinite()
          .integer("depth", 1, {1, 1000}, "number of hidden layers")
          .choice("activation", "tanh", {"tanh", "relu", "erf", "gelu"}, "nonlinearity of the hidden layers")
          .boolean("batch_norm", false, "normalise each hidden layer over the batch, after its nonlinearity"),
      {"standard", "ntk", "mup"});
  kind.refuse = [](const Json& options, const Json& config) {
    std::string reason = refuse_whitening(options, options.at("depth").get<std::int64_t>());
    if (reason.empty()) reason = refuse_parametrisation(options);
    return reason.empty() ? refuse_infinite(options, config) : reason;
  };
  kind.refuse_samples = refuse_small_batches;
  kind.no_limit = no_limit;
  kind.shape = [](const Json& options, const study::DatasetInfo& dataset) {
    if (is_infinite(options)) return infinite_shape(options, dataset);
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
      shape.outputs += width;
      if (layer + 1 == options.at("whiten").get<std::int64_t>()) {
        shape.forward_flops += whitening_flops(width);
        shape.activations += width;
      }
      shape.hidden_widths.push_back(width);
      fan_in = width;
    }
    shape.forward_flops += 2.0 * static_cast<double>(fan_in) * static_cast<double>(dataset.classes);
    shape.parameters += fan_in * dataset.classes + dataset.classes;
    shape.activations += dataset.classes;
    shape.outputs += dataset.classes;
    return shape;
  };
  return kind;
}

}  // namespace eigensweep::models

#else
#include <optional>
#include <utility>

#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/batch_norm.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/parametrisation.hpp"
#include "eigensweep/models/product.hpp"
#include "eigensweep/models/whitening.hpp"

namespace eigensweep::models {
namespace {

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
    whitened_ = options.at("whiten").get<std::size_t>();
    if (whitened_ > 0) {
      const About about = options.at("whiten_about") == "zero" ? About::zero : About::mean;
      whitening_.emplace(lanes_, width, about, device);
      buffers_.push_back({"whitening.factor", whitening_->factor()});
    }
    const Parametrisation law(options);
    std::int64_t fan_in = dataset.input_size();
    int place = 0;  // in nn.Sequential: Linear, nonlinearity, [BatchNorm1d], ...
    for (std::int64_t layer = 0; layer <= depth; ++layer) {
      const std::int64_t fan_out = layer < depth ? width : dataset.classes;
      const auto stream = 2 * static_cast<std::uint64_t>(layer);
      const Layer role = layer == 0 ? Layer::input : layer < depth ? Layer::hidden : Layer::output;
      scales_.push_back(law.scale(role, fan_in));
      weights_.push_back(trained(fmt::format("{}.weight", place), weight_place(role),
                                 law.initial_weight(seeds, stream, role, fan_in, {fan_out, fan_in}).to(device)));
      biases_.push_back(trained(fmt::format("{}.bias", place), bias_place(role),
                                law.initial_bias(seeds, stream + 1, role, fan_in, fan_out).to(device)));
      place += 2;
      if (batch_norm && layer < depth) {
        norms_.emplace_back(lanes_, width, device);
        norms_.back().add_to(fmt::format("{}", place), parameters_, buffers_);
        ++place;
      }
      fan_in = fan_out;
    }
  }

  Output run(const Inputs& inputs, Mode mode) override {
    Output output;
    Tensor h;
    const std::size_t depth = weights_.size() - 1;
    for (std::size_t layer = 0; layer < depth; ++layer) {
      const Tensor below = h;
      h = layer == 0 ? affine_of_inputs(weight(0), bias(0), inputs) : affine(weight(layer), bias(layer), h);
      if (is_traced_) output.affine.push_back(trace(layer, layer == 0 ? of_every_lane(inputs) : below, h));
      h = activate(activation_, h);
      if (!norms_.empty()) h = norms_[layer].features(h, mode);
      if (layer + 1 == whitened_) h = (*whitening_)(h, mode);
      output.hidden.push_back(h);
    }
    output.logits = affine(weight(depth), bias(depth), h);
    if (is_traced_) output.affine.push_back(trace(depth, h, output.logits));
    return output;
  }

  bool trace_affine(bool wanted) override {
    // Batch norm's and whitening's own tensors are not affine layers'.
    if (wanted && (!norms_.empty() || whitening_)) return false;
    is_traced_ = wanted;
    return true;
  }

  void refresh(const Tensor& images) override {
    if (whitening_) whitening_->refresh(*this, images, whitened_ - 1);
  }
  [[nodiscard]] std::string trouble(std::int64_t lane) const override {
    return whitening_ ? whitening_->trouble(lane) : "";
  }

 private:
  Tensor trained(std::string name, Place place, Tensor tensor) {
    tensor.requires_grad_(true);
    parameters_.push_back({std::move(name), tensor, place});
    return tensor;
  }
  [[nodiscard]] AffineTrace trace(std::size_t layer, const Tensor& input, const Tensor& output) const {
    return {input, output, scales_[layer].weight_factor, scales_[layer].bias_factor};
  }
  static Tensor of_every_lane(const Inputs& inputs) { return inputs.unshared().x.transpose(1, 2); }
  [[nodiscard]] Tensor weight(std::size_t layer) const { return scaled(weights_[layer], scales_[layer].weight_factor); }
  [[nodiscard]] Tensor bias(std::size_t layer) const { return scaled(biases_[layer], scales_[layer].bias_factor); }

  std::string activation_;
  std::vector<Tensor> weights_;  // [E, out, in]
  std::vector<Tensor> biases_;   // [E, out]
  std::vector<AffineScale> scales_;
  std::vector<BatchNorm> norms_;
  bool is_traced_ = false;
  std::size_t whitened_ = 0;  // hidden layer, from 1; 0: none
  std::optional<Whitening> whitening_;
};

}  // namespace

std::unique_ptr<Model> make_mlp(const Json& options, const study::DatasetInfo& dataset,
                                const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  return std::make_unique<Mlp>(options, dataset, seeds, device);
}

}  // namespace eigensweep::models
#endif
