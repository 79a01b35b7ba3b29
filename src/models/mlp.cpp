// SPDX-License-Identifier: MIT
// Multilayer perceptron: depth hidden layers of one width, each affine -> nonlinearity -> batch norm (if any), then an
// affine readout; one hidden layer may be whitened at its end. The order and the place of batch norm are those of
// Nassar et al. 2020.
#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {
namespace {

struct MlpOptions : NetworkOptions {
  static study::Fields<MlpOptions> fields() {
    study::Fields<MlpOptions> fields;
    add_width(fields, "units of each hidden layer").required();
    add_depth(fields, 1000, "number of hidden layers");
    add_units(fields, "normalise each hidden layer over the batch, after its nonlinearity");
    add_layers(fields, all_scalings());
    return add_layer_type(fields);
  }
};

}  // namespace
}  // namespace eigensweep::models

#ifdef EIGENSWEEP_DECLARATIONS
#include <algorithm>

#include "eigensweep/models/layer_type.hpp"
#include "finite_shape.hpp"
#include "infinite.hpp"
#include "refusals.hpp"

namespace eigensweep::models {
namespace {

/// What a layer of the type "dann" takes beyond a dense one: `inhibitory` units beside its units, and its divisions.
void add_inhibition(std::int64_t inputs, std::int64_t units, std::int64_t inhibitory, study::ModelShape& shape) {
  const auto more = static_cast<double>(inhibitory);
  shape.forward_flops += 2.0 * more * (static_cast<double>(inputs) + 2.0 * static_cast<double>(units));
  shape.parameters += inhibitory * (inputs + units + 1) + units;
  // Both products, what is subtracted, gamma, and the quotient, for the backward pass.
  shape.activations += 4 * units + 2 * inhibitory;
  shape.outputs += inhibitory;
}

study::ModelShape mlp_shape(const MlpOptions& mlp, const study::DatasetInfo& dataset) {
  study::ModelShape shape = finite_shape(mlp);
  const std::int64_t width = mlp.width.value;
  std::int64_t fan_in = dataset.input_size();
  for (std::int64_t layer = 0; layer < mlp.depth; ++layer) {
    shape.forward_flops += 2.0 * static_cast<double>(fan_in) * static_cast<double>(width);
    if (is_dann(mlp)) add_inhibition(fan_in, width, inhibitory_units(mlp), shape);
    if (layer == 0) shape.first_layer_flops = shape.forward_flops;
    shape.parameters += fan_in * width + width + (mlp.batch_norm ? 2 * width : 0);
    shape.activations += width * kept_of_unit(mlp);
    shape.outputs += width;
    if (layer + 1 == mlp.whiten) add_whitening(width, shape);
    shape.hidden_widths.push_back(width);
    fan_in = width;
  }
  shape.forward_flops += 2.0 * static_cast<double>(fan_in) * static_cast<double>(dataset.classes);
  if (is_dann(mlp)) add_inhibition(fan_in, dataset.classes, 1, shape);
  shape.parameters += fan_in * dataset.classes + dataset.classes;
  shape.activations += dataset.classes;
  shape.outputs += dataset.classes;
  const std::int64_t widest = std::max(width, dataset.classes);
  // By a layer and by the one below, and by the logits.
  shape.gradients = std::max(shape.gradients, 2 * widest + dataset.classes);
  // Every hidden layer, and the argument of the last nonlinearity or the logits.
  shape.forward_numbers = mlp.depth * width + widest * (is_dann(mlp) ? 5 : 1);
  return shape;
}

}  // namespace

study::Kind declare_mlp() {
  study::Kind kind = study::declare<MlpOptions>(study::Family::model, "mlp",
                                                "multilayer perceptron with hidden layers of equal width");
  kind.refuse = study::typed<MlpOptions>([](const MlpOptions& mlp, const Json& config) {
    const std::string reason = refuse_network_options(mlp, mlp.depth);
    return reason.empty() ? refuse_layer_type(mlp, config) : reason;
  });
  kind.refuse_inputs = study::typed<MlpOptions>(refuse_signed_inputs);
  kind.refuse_samples = study::typed<MlpOptions>(refuse_small_batches);
  kind.is_infinite = study::typed<MlpOptions>([](const MlpOptions& mlp) { return mlp.is_infinite(); });
  kind.limit_wants = study::typed<MlpOptions>(limit_wants);
  kind.shape = study::typed<MlpOptions>([](const MlpOptions& mlp, const study::DatasetInfo& dataset) {
    return mlp.is_infinite() ? infinite_shape(mlp, dataset) : mlp_shape(mlp, dataset);
  });
  return kind;
}

}  // namespace eigensweep::models

#else
#include <utility>

#include "dann.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/layer_type.hpp"
#include "eigensweep/models/numerics/product.hpp"
#include "layered.hpp"

namespace eigensweep::models {
namespace {

class Mlp final : public LayeredModel {
 public:
  Mlp(const MlpOptions& options, const study::DatasetInfo& dataset, const std::vector<std::uint64_t>& seeds,
      const torch::Device& device)
      : LayeredModel(options, seeds, device) {
    hidden_layers_ = static_cast<std::size_t>(options.depth);
    const std::int64_t width = options.width.value;
    add_whitening(width);
    std::int64_t fan_in = dataset.input_size();
    for (std::int64_t layer = 0; layer < options.depth; ++layer) {
      add_affine(layer == 0 ? Layer::input : Layer::hidden, fan_in, {width, fan_in});
      skip_place();  // nonlinearity
      if (options.batch_norm) add_batch_norm(width);
      fan_in = width;
    }
    add_affine(Layer::output, fan_in, {dataset.classes, fan_in});
  }

  [[nodiscard]] bool has_backward() const override { return whitened_layer() == 0; }

  std::unique_ptr<Pass> run_by_hand(const Inputs& inputs, Mode mode) override {
    DenseLayers network{activation(), {}};
    for (std::size_t layer = 0; layer <= hidden_layers_; ++layer) network.layers.push_back(dense_layer(layer));
    return run_dense(std::move(network), inputs, mode);
  }

  Output run(const Inputs& inputs, Mode mode) override {
    Output output;
    Tensor h;
    const std::size_t depth = hidden_layers_;
    for (std::size_t layer = 0; layer < depth; ++layer) {
      const Tensor below = h;
      h = layer == 0 ? affine_of_inputs(weight(0), bias(0), inputs) : affine(weight(layer), bias(layer), h);
      if (is_traced()) output.affine.push_back(trace(layer, layer == 0 ? of_every_lane(inputs) : below, h));
      h = activate(activation(), h);
      if (has_batch_norm()) h = norm(layer).features(h, mode);
      if (is_whitened(layer)) h = whitened(h, mode);
      output.hidden.push_back(h);
    }
    output.logits = affine(weight(depth), bias(depth), h);
    if (is_traced()) output.affine.push_back(trace(depth, h, output.logits));
    return output;
  }

 private:
  static Tensor of_every_lane(const Inputs& inputs) { return inputs.unshared().x.transpose(1, 2); }
};

}  // namespace

std::unique_ptr<Model> make_mlp(const Json& options, const study::DatasetInfo& dataset,
                                const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  const auto mlp = study::read<MlpOptions>(options);
  if (is_dann(mlp)) return make_dann(mlp, dataset, seeds, device);
  return std::make_unique<Mlp>(mlp, dataset, seeds, device);
}

}  // namespace eigensweep::models
#endif
