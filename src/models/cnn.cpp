// SPDX-License-Identifier: MIT
// Convolutional network of Nassar et al. 2020: depth blocks of convolution, [batch norm,] nonlinearity and 2x2
// pooling (theirs: of maxima), then a dense hidden layer and an affine readout. The flattened result of each block is a
// hidden layer.
#ifdef EIGENSWEEP_DECLARATIONS
#include <algorithm>

#include "cnn_blocks.hpp"
#include "eigensweep/study/kind.hpp"
#include "infinite_cnn.hpp"
#include "layer_options.hpp"

namespace eigensweep::models {

study::Kind declare_cnn() {
  study::Kind kind;
  kind.family = study::Family::model;
  kind.name = "cnn";
  kind.meaning = "convolutional network: blocks of convolution and pooling, then one dense hidden layer";
  kind.source = "Nassar et al. 2020, arXiv:2012.04729, sections 4.2 and 4.3";
  kind.options = with_layers(
      study::Options{}
          .integer("depth", 2, {1, 16}, "number of blocks: convolution, nonlinearity, 2x2 pooling")
          .integer("channels", 16, {1, 65536}, "channels of the first block; each further block has twice as many")
          .integer("kernel_size", 3, {1, 63}, "height and width of the convolutions, which pad nothing")
          .integer("stride", 1, {1, 63}, "pixels from one place of the convolutions to the next")
          .choice("pooling", "max", {"max", "average", "none"}, "what 2x2 pooling keeps of a window")
          .integer("width", 1000, {1, 1e6}, "units of the dense hidden layer; \"inf\" makes channels infinite, too")
          .or_infinite()
          .choice("activation", "tanh", {"tanh", "relu", "erf", "gelu"}, "nonlinearity of the hidden layers")
          .boolean("batch_norm", false, "normalise over the batch between each layer's map and its nonlinearity"),
      {"standard", "ntk"});
  kind.refuse = [](const Json& options, const Json& config) -> std::string {
    std::string reason = refuse_whitening(options, options.at("depth").get<std::int64_t>() + 1);
    if (reason.empty()) reason = refuse_parametrisation(options);
    return reason.empty() ? refuse_infinite(options, config) : reason;
  };
  kind.refuse_samples = refuse_small_batches;
  kind.no_limit = no_limit;
  kind.refuse_inputs = [](const Json& options, const study::DatasetInfo& dataset) -> std::string {
    const auto blocks = cnn_blocks(options, dataset);
    if (!blocks.empty() && blocks.back().pooled_height > 0 && blocks.back().pooled_width > 0) return "";
    return fmt::format(
        "an image of {}x{} is too small for {} blocks of convolution and pooling; choose a smaller depth",
        dataset.input_shape.size() == 3 ? dataset.input_shape[1] : 0,
        dataset.input_shape.size() == 3 ? dataset.input_shape[2] : 0, options.at("depth").get<int>());
  };
  kind.shape = [](const Json& options, const study::DatasetInfo& dataset) {
    if (is_infinite(options)) return infinite_cnn_shape(options, dataset);
    study::ModelShape shape;
    const auto width = options.at("width").get<std::int64_t>();
    const auto whitened = options.at("whiten").get<std::int64_t>();
    const bool batch_norm = options.at("batch_norm").get<bool>();
    const auto pooling = options.at("pooling").get<std::string>();
    const auto add_hidden = [&](std::int64_t size) {
      shape.hidden_widths.push_back(size);
      if (static_cast<std::int64_t>(shape.hidden_widths.size()) != whitened) return;
      shape.forward_flops += whitening_flops(size);
      shape.activations += size;
    };
    std::int64_t fan_in = dataset.input_size();
    for (const CnnBlock& block : cnn_blocks(options, dataset)) {
      const std::int64_t weights = block.in_channels * block.kernel * block.kernel * block.out_channels;
      shape.forward_flops += 2.0 * static_cast<double>(weights) * static_cast<double>(block.height * block.width);
      if (shape.first_layer_flops == 0) shape.first_layer_flops = shape.forward_flops;
      shape.parameters += weights + block.out_channels * (batch_norm ? 3 : 1);
      shape.outputs += block.out_channels * block.height * block.width;
      shape.filters = std::max(shape.filters, weights + block.out_channels);
      shape.patches += block.in_channels * block.kernel * block.kernel * block.height * block.width;
      fan_in = block.out_channels * block.pooled_height * block.pooled_width;
      // The map's result, its nonlinearity's, and after pooling the values and the places of maxima (8 bytes).
      const std::int64_t kept = pooling == "max" ? 3 : pooling == "average" ? 1 : 0;
      shape.activations += block.out_channels * block.height * block.width * (batch_norm ? 3 : 2) + kept * fan_in;
      add_hidden(fan_in);
    }
    shape.forward_flops += 2.0 * static_cast<double>(fan_in) * static_cast<double>(width);
    shape.parameters += fan_in * width + width * (batch_norm ? 3 : 1);
    shape.activations += width * (batch_norm ? 3 : 2);
    add_hidden(width);
    shape.forward_flops += 2.0 * static_cast<double>(width) * static_cast<double>(dataset.classes);
    shape.parameters += width * dataset.classes + dataset.classes;
    shape.activations += dataset.classes;
    shape.outputs += width + dataset.classes;
    return shape;
  };
  return kind;
}

}  // namespace eigensweep::models

#else
#include <array>
#include <optional>
#include <utility>

#include "cnn_blocks.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/batch_norm.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/parametrisation.hpp"
#include "eigensweep/models/product.hpp"
#include "eigensweep/models/whitening.hpp"

namespace eigensweep::models {
namespace {

// weight [E, out, in, k, k], bias [E, out]: images [B, groups * in, H, W] give [B, E * out, H', W'].
Tensor convolve(const Tensor& images, const Tensor& weight, const Tensor& bias, std::int64_t stride,
                std::int64_t groups) {
  constexpr std::array<std::int64_t, 2> one{1, 1}, none{0, 0};
  const std::array<std::int64_t, 2> strides{stride, stride};
  return torch::conv2d(images, weight.flatten(0, 1), bias.flatten(), strides, none, one, groups);
}

class Cnn final : public Model {
 public:
  Cnn(const Json& options, const study::DatasetInfo& dataset, const std::vector<std::uint64_t>& seeds,
      const torch::Device& device)
      : input_shape_(dataset.input_shape),
        activation_(options.at("activation").get<std::string>()),
        pooling_(options.value("pooling", "max")),
        blocks_(cnn_blocks(options, dataset)),
        whitened_(options.at("whiten").get<std::size_t>()) {
    EIGENSWEEP_EXPECT(!blocks_.empty());
    lanes_ = static_cast<std::int64_t>(seeds.size());
    hidden_layers_ = blocks_.size() + 1;
    const bool batch_norm = options.at("batch_norm").get<bool>();
    const auto width = options.at("width").get<std::int64_t>();
    int place = 0;  // in nn.Sequential: Conv2d, [BatchNorm2d,] nonlinearity, [MaxPool2d,] ..., Flatten, Linear, ...
    const Parametrisation law(options);
    std::uint64_t stream = 0;
    const auto add = [&](Layer role, std::int64_t fan_in, std::vector<std::int64_t> shape) {
      const std::int64_t units = shape.front();
      scales_.push_back(law.scale(role, fan_in));
      weights_.push_back(trained(fmt::format("{}.weight", place), weight_place(role),
                                 law.initial_weight(seeds, stream++, role, fan_in, shape).to(device)));
      biases_.push_back(trained(fmt::format("{}.bias", place), bias_place(role),
                                law.initial_bias(seeds, stream++, role, fan_in, units).to(device)));
      ++place;
      if (batch_norm && hidden_layers_ > norms_.size()) {
        norms_.emplace_back(lanes_, units, device);
        norms_.back().add_to(fmt::format("{}", place++), parameters_, buffers_);
      }
    };
    std::vector<std::int64_t> sizes;
    for (const CnnBlock& block : blocks_) {
      add(sizes.empty() ? Layer::input : Layer::hidden, block.in_channels * block.kernel * block.kernel,
          {block.out_channels, block.in_channels, block.kernel, block.kernel});
      place += pooling_ == "none" ? 1 : 2;  // nonlinearity, pooling
      sizes.push_back(block.out_channels * block.pooled_height * block.pooled_width);
    }
    ++place;  // flattening
    add(Layer::hidden, sizes.back(), {width, sizes.back()});
    ++place;  // nonlinearity
    sizes.push_back(width);
    add(Layer::output, width, {dataset.classes, width});
    if (whitened_ > 0) {
      const About about = options.at("whiten_about") == "zero" ? About::zero : About::mean;
      whitening_.emplace(lanes_, sizes[whitened_ - 1], about, device);
      buffers_.push_back({"whitening.factor", whitening_->factor()});
    }
  }

  Output run(const Inputs& inputs, Mode mode) override {
    Output output;
    Tensor h = first_map(inputs);  // [B, E * C, H, W]: lanes are groups of channels
    const std::int64_t batch = h.size(0);
    for (std::size_t layer = 0; layer < blocks_.size(); ++layer) {
      const Tensor below = h;
      if (layer > 0) h = convolve(h, weight(layer), bias(layer), blocks_[layer].stride, lanes_);
      if (is_traced_) h = traced_map(output, layer, layer == 0 ? images_of_every_lane(inputs) : below, h);
      if (!norms_.empty()) h = norms_[layer].channels(h, mode);
      h = pooled(activate(activation_, h));
      Tensor flat = h.reshape({batch, lanes_, -1}).permute({1, 2, 0});  // [E, N, B]
      if (layer + 1 == whitened_) {
        flat = (*whitening_)(flat, mode);
        h = flat.permute({2, 0, 1}).reshape_as(h);
      }
      output.hidden.push_back(flat);
    }
    const std::size_t dense = blocks_.size();
    Tensor z = affine(weight(dense), bias(dense), output.hidden.back());
    if (is_traced_) output.affine.push_back(trace(dense, output.hidden.back(), z));
    if (!norms_.empty()) z = norms_[dense].features(z, mode);
    z = activate(activation_, z);
    if (dense + 1 == whitened_) z = (*whitening_)(z, mode);
    output.hidden.push_back(z);
    output.logits = affine(weight(dense + 1), bias(dense + 1), z);
    if (is_traced_) output.affine.push_back(trace(dense + 1, z, output.logits));
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
  [[nodiscard]] Tensor weight(std::size_t layer) const { return scaled(weights_[layer], scales_[layer].weight_factor); }
  [[nodiscard]] Tensor bias(std::size_t layer) const { return scaled(biases_[layer], scales_[layer].bias_factor); }

  [[nodiscard]] AffineTrace trace(std::size_t layer, const Tensor& input, const Tensor& output) const {
    return {input, output, scales_[layer].weight_factor, scales_[layer].bias_factor};
  }

  // The map again, by way of a node [E, N, S, B] of the graph.
  Tensor traced_map(Output& output, std::size_t layer, const Tensor& images, const Tensor& map) const {
    const std::int64_t batch = map.size(0), kernel = blocks_[layer].kernel;
    const std::int64_t stride = blocks_[layer].stride;
    const Tensor patches = torch::im2col(images.reshape({batch * lanes_, -1, images.size(2), images.size(3)}),
                                         {kernel, kernel}, {1, 1}, {0, 0}, {stride, stride});
    const Tensor node = map.view({batch, lanes_, weights_[layer].size(1), -1}).permute({1, 2, 3, 0});
    output.affine.push_back(trace(layer, patches.unflatten(0, {batch, lanes_}).permute({1, 2, 3, 0}), node));
    return node.permute({3, 0, 1, 2}).reshape_as(map);
  }

  [[nodiscard]] Tensor images_of_every_lane(const Inputs& inputs) const {
    return inputs.unshared().x.transpose(0, 1).reshape(
        {-1, lanes_ * input_shape_[0], input_shape_[1], input_shape_[2]});
  }

  [[nodiscard]] Tensor pooled(const Tensor& images) const {
    if (pooling_ == "none") return images;
    return pooling_ == "max" ? torch::max_pool2d(images, 2) : torch::avg_pool2d(images, 2);
  }

  // The first convolution: lanes that all read one batch share its input, as so many more output channels.
  [[nodiscard]] Tensor first_map(const Inputs& inputs) const {
    const std::int64_t batch = inputs.x.size(1);
    const std::int64_t channels = input_shape_[0], height = input_shape_[1], width = input_shape_[2];
    if (inputs.x.size(0) == 1) {
      return convolve(inputs.x[0].reshape({batch, channels, height, width}), weight(0), bias(0), blocks_[0].stride, 1);
    }
    std::vector<std::int64_t> group_of;
    for (std::size_t group = 0; group < inputs.lanes.size(); ++group) {
      group_of.insert(group_of.end(), static_cast<std::size_t>(inputs.lanes[group]), static_cast<std::int64_t>(group));
    }
    const Tensor of_lane = torch::tensor(group_of, torch::kInt64).to(inputs.x.device());
    const Tensor images = inputs.x.size(0) == lanes_ ? inputs.x : inputs.x.index_select(0, of_lane);
    const Tensor stacked = images.transpose(0, 1).reshape({batch, lanes_ * channels, height, width});
    return convolve(stacked, weight(0), bias(0), blocks_[0].stride, lanes_);
  }

  std::vector<std::int64_t> input_shape_;
  std::string activation_;
  std::string pooling_;
  std::vector<CnnBlock> blocks_;
  std::vector<Tensor> weights_;  // [E, out, in, k, k], then [E, out, in] twice
  std::vector<Tensor> biases_;   // [E, out]
  std::vector<AffineScale> scales_;
  std::vector<BatchNorm> norms_;  // one per hidden layer, or none
  std::size_t whitened_;          // hidden layer, from 1; 0: none
  std::optional<Whitening> whitening_;
  bool is_traced_ = false;
};

}  // namespace

std::unique_ptr<Model> make_cnn(const Json& options, const study::DatasetInfo& dataset,
                                const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  return std::make_unique<Cnn>(options, dataset, seeds, device);
}

}  // namespace eigensweep::models
#endif
