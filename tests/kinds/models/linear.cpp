// SPDX-License-Identifier: MIT
// Two affine layers without a nonlinearity between them. Of the options that networks may have it declares one, so the
// others stand at their defaults.
#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {
namespace {

struct LinearOptions : NetworkOptions {
  static study::Fields<LinearOptions> fields() {
    study::Fields<LinearOptions> fields;
    return add_width(fields, "units of the hidden layer").required();
  }
};

}  // namespace
}  // namespace eigensweep::models

#ifdef EIGENSWEEP_DECLARATIONS
namespace eigensweep::models {
namespace {

study::ModelShape linear_shape(const LinearOptions& linear, const study::DatasetInfo& dataset) {
  const std::int64_t width = linear.width.value, inputs = dataset.input_size(), classes = dataset.classes;
  study::ModelShape shape;
  shape.first_layer_flops = 2.0 * static_cast<double>(inputs) * static_cast<double>(width);
  shape.forward_flops = shape.first_layer_flops + 2.0 * static_cast<double>(width) * static_cast<double>(classes);
  shape.parameters = (inputs + 1) * width + (width + 1) * classes;
  shape.activations = shape.outputs = shape.forward_numbers = width + classes;
  shape.gradients = 2 * width + classes;
  shape.hidden_widths = {width};
  return shape;
}

}  // namespace

study::Kind declare_linear() {
  study::Kind kind =
      study::declare<LinearOptions>(study::Family::model, "linear", "network of one hidden layer without nonlinearity");
  kind.is_infinite = study::typed<LinearOptions>([](const LinearOptions& linear) { return linear.is_infinite(); });
  kind.shape = study::typed<LinearOptions>(linear_shape);
  return kind;
}

}  // namespace eigensweep::models

#else
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/numerics/product.hpp"
#include "layered.hpp"

namespace eigensweep::models {
namespace {

class Linear final : public LayeredModel {
 public:
  Linear(const LinearOptions& options, const study::DatasetInfo& dataset, const std::vector<std::uint64_t>& seeds,
         const torch::Device& device)
      : LayeredModel(options, seeds, device) {
    hidden_layers_ = 1;
    const std::int64_t width = options.width.value;
    add_affine(Layer::input, dataset.input_size(), {width, dataset.input_size()});
    add_affine(Layer::output, width, {dataset.classes, width});
  }

  Output run(const Inputs& inputs, Mode) override {
    Output output;
    output.hidden.push_back(affine_of_inputs(weight(0), bias(0), inputs));
    output.logits = affine(weight(1), bias(1), output.hidden.front());
    if (is_traced()) {
      output.affine.push_back(trace(0, inputs.unshared().x.transpose(1, 2), output.hidden.front()));
      output.affine.push_back(trace(1, output.hidden.front(), output.logits));
    }
    return output;
  }
};

}  // namespace

std::unique_ptr<Model> make_linear(const Json& options, const study::DatasetInfo& dataset,
                                   const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  return std::make_unique<Linear>(study::read<LinearOptions>(options), dataset, seeds, device);
}

}  // namespace eigensweep::models
#endif
