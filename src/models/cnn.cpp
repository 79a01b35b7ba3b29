// SPDX-License-Identifier: MIT
// Convolutional network of Nassar et al. 2020: depth blocks of convolution, [batch norm,] nonlinearity and 2x2 pooling
// (max pooling in the paper), then a dense hidden layer and an affine readout. The flattened result of each block is a
// hidden layer.
#include "eigensweep/models/cnn_options.hpp"

#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include "cnn_blocks.hpp"
#include "cnn_shape.hpp"
#include "infinite.hpp"
#include "infinite_cnn.hpp"
#include "refusals.hpp"

namespace eigensweep::models {
namespace {

std::string cnn_limit_wants(const CnnOptions& cnn) {
  const std::string others = limit_wants(cnn);
  if (cnn.pooling != CnnOptions::Pooling::max) return others;
  return "pooling 'average' or 'none' (the largest of Gaussians has no kernel in closed form)" +
         (others.empty() ? "" : "; " + others);
}

std::string refuse_small_images(const CnnOptions& cnn, const study::DatasetInfo& dataset) {
  const auto blocks = cnn_blocks(cnn, dataset);
  if (!blocks.empty() && blocks.back().pooled_height > 0 && blocks.back().pooled_width > 0) return "";
  const bool is_image = dataset.input_shape.size() == 3;
  return fmt::format("an image of {}x{} is too small for {} blocks of convolution and pooling; choose a smaller depth",
                     is_image ? dataset.input_shape[1] : 0, is_image ? dataset.input_shape[2] : 0, cnn.depth);
}

}  // namespace

study::Kind declare_cnn() {
  study::Kind kind = study::declare<CnnOptions>(
      study::Family::model, "cnn",
      "convolutional network: blocks of convolution and pooling, then one dense hidden layer",
      "Nassar et al. 2020, arXiv:2012.04729, sections 4.2 and 4.3");
  kind.refuse = study::typed<CnnOptions>(
      [](const CnnOptions& cnn, const Json&) { return refuse_network_options(cnn, cnn.depth + 1); });
  kind.refuse_samples = study::typed<CnnOptions>(refuse_small_batches);
  kind.is_infinite = study::typed<CnnOptions>([](const CnnOptions& cnn) { return cnn.is_infinite(); });
  kind.limit_wants = study::typed<CnnOptions>(cnn_limit_wants);
  kind.refuse_inputs = study::typed<CnnOptions>(refuse_small_images);
  kind.shape = study::typed<CnnOptions>([](const CnnOptions& cnn, const study::DatasetInfo& dataset) {
    return cnn.is_infinite() ? infinite_cnn_shape(cnn, dataset) : cnn_shape(cnn, dataset);
  });
  return kind;
}

}  // namespace eigensweep::models

#else
#include <array>
#include <utility>

#include "cnn_blocks.hpp"
#include "eigensweep/core/error.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/numerics/compute.hpp"
#include "eigensweep/models/numerics/product.hpp"
#include "layered.hpp"

namespace eigensweep::models {
namespace {

using Pooling = CnnOptions::Pooling;

// weight [E, out, in, k, k], bias [E, out]: images [B, groups * in, H, W] give [B, E * out, H', W'].
Tensor convolve(const Tensor& images, const Tensor& weight, const Tensor& bias, std::int64_t stride,
                std::int64_t groups) {
  constexpr std::array<std::int64_t, 2> one{1, 1}, none{0, 0};
  const std::array<std::int64_t, 2> strides{stride, stride};
  const Tensor filters = weight.flatten(0, 1);
  const Compute compute = ComputeScope::current();
  if (compute == Compute::float32) return torch::conv2d(images, filters, bias.flatten(), strides, none, one, groups);
  const Tensor map = torch::conv2d(rounded_operand(images, compute), rounded_operand(filters, compute), /*bias=*/{},
                                   strides, none, one, groups);
  return with_rounded_gradient(map, compute) + bias.view({1, -1, 1, 1});
}

class Cnn final : public LayeredModel {
 public:
  Cnn(const CnnOptions& options, const study::DatasetInfo& dataset, const std::vector<std::uint64_t>& seeds,
      const torch::Device& device)
      : LayeredModel(options, seeds, device),
        input_shape_(dataset.input_shape),
        pooling_(options.pooling),
        blocks_(cnn_blocks(options, dataset)) {
    EIGENSWEEP_EXPECT(!blocks_.empty());
    hidden_layers_ = blocks_.size() + 1;
    const std::int64_t width = options.width.value;
    const auto add_hidden = [&](Layer role, std::int64_t fan_in, const std::vector<std::int64_t>& shape) {
      add_affine(role, fan_in, shape);
      if (options.batch_norm) add_batch_norm(shape.front());
      skip_place();  // nonlinearity
    };
    std::vector<std::int64_t> sizes;
    for (const CnnBlock& block : blocks_) {
      add_hidden(sizes.empty() ? Layer::input : Layer::hidden, block.in_channels * block.kernel * block.kernel,
                 {block.out_channels, block.in_channels, block.kernel, block.kernel});
      if (pooling_ != Pooling::none) skip_place();
      sizes.push_back(block.out_channels * block.pooled_height * block.pooled_width);
    }
    skip_place();  // flattening
    add_hidden(Layer::hidden, sizes.back(), {width, sizes.back()});
    sizes.push_back(width);
    add_affine(Layer::output, width, {dataset.classes, width});
    if (whitened_layer() > 0) add_whitening(sizes[whitened_layer() - 1]);
  }

  Output run(const Inputs& inputs, Mode mode) override {
    Output output;
    Tensor h = first_map(inputs);  // [B, E * C, H, W]: lanes are groups of channels
    const std::int64_t batch = h.size(0);
    for (std::size_t layer = 0; layer < blocks_.size(); ++layer) {
      const Tensor below = h;
      if (layer > 0) h = convolve(h, weight(layer), bias(layer), blocks_[layer].stride, lanes_);
      if (is_traced()) h = traced_map(output, layer, layer == 0 ? images_of_every_lane(inputs) : below, h);
      if (has_batch_norm()) h = norm(layer).channels(h, mode);
      h = pooled(activate(activation(), h));
      Tensor flat = h.reshape({batch, lanes_, -1}).permute({1, 2, 0});  // [E, N, B]
      if (is_whitened(layer)) {
        flat = whitened(flat, mode);
        h = flat.permute({2, 0, 1}).reshape_as(h);
      }
      output.hidden.push_back(flat);
    }
    const std::size_t dense = blocks_.size();
    Tensor z = affine(weight(dense), bias(dense), output.hidden.back());
    if (is_traced()) output.affine.push_back(trace(dense, output.hidden.back(), z));
    if (has_batch_norm()) z = norm(dense).features(z, mode);
    z = activate(activation(), z);
    if (is_whitened(dense)) z = whitened(z, mode);
    output.hidden.push_back(z);
    output.logits = affine(weight(dense + 1), bias(dense + 1), z);
    if (is_traced()) output.affine.push_back(trace(dense + 1, z, output.logits));
    return output;
  }

 private:
  // Traces the convolution. Returns `map` as computed from a node [E, N, S, B] of the graph.
  Tensor traced_map(Output& output, std::size_t layer, const Tensor& images, const Tensor& map) const {
    const std::int64_t batch = map.size(0), kernel = blocks_[layer].kernel;
    const std::int64_t stride = blocks_[layer].stride;
    const Tensor patches = torch::im2col(images.reshape({batch * lanes_, -1, images.size(2), images.size(3)}),
                                         {kernel, kernel}, {1, 1}, {0, 0}, {stride, stride});
    const Tensor node = map.view({batch, lanes_, units(layer), -1}).permute({1, 2, 3, 0});
    output.affine.push_back(trace(layer, patches.unflatten(0, {batch, lanes_}).permute({1, 2, 3, 0}), node));
    return node.permute({3, 0, 1, 2}).reshape_as(map);
  }

  [[nodiscard]] Tensor images_of_every_lane(const Inputs& inputs) const {
    return inputs.unshared().x.transpose(0, 1).reshape(
        {-1, lanes_ * input_shape_[0], input_shape_[1], input_shape_[2]});
  }

  [[nodiscard]] Tensor pooled(const Tensor& images) const {
    if (pooling_ == Pooling::none) return images;
    return pooling_ == Pooling::max ? torch::max_pool2d(images, 2) : torch::avg_pool2d(images, 2);
  }

  // The first convolution. If all lanes read one batch they share it as input, and each lane's filters are further
  // output channels.
  [[nodiscard]] Tensor first_map(const Inputs& inputs) const {
    const std::int64_t batch = inputs.x.size(1);
    const std::int64_t channels = input_shape_[0], height = input_shape_[1], width = input_shape_[2];
    if (inputs.x.size(0) == 1) {
      return convolve(inputs.x[0].reshape({batch, channels, height, width}), weight(0), bias(0), blocks_[0].stride, 1);
    }
    const Tensor stacked = per_lane(inputs).transpose(0, 1).reshape({batch, lanes_ * channels, height, width});
    return convolve(stacked, weight(0), bias(0), blocks_[0].stride, lanes_);
  }

  // The batch of each lane: [E, B, d].
  [[nodiscard]] Tensor per_lane(const Inputs& inputs) const {
    if (inputs.x.size(0) == lanes_) return inputs.x;
    std::vector<Tensor> lanes;  // an index would have to be copied to the device
    for (std::size_t group = 0; group < inputs.lanes.size(); ++group) {
      lanes.push_back(inputs.x.narrow(0, static_cast<std::int64_t>(group), 1).expand({inputs.lanes[group], -1, -1}));
    }
    return torch::cat(lanes);
  }

  std::vector<std::int64_t> input_shape_;
  Pooling pooling_;
  std::vector<CnnBlock> blocks_;
};

}  // namespace

std::unique_ptr<Model> make_cnn(const Json& options, const study::DatasetInfo& dataset,
                                const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  return std::make_unique<Cnn>(study::read<CnnOptions>(options), dataset, seeds, device);
}

}  // namespace eigensweep::models
#endif
