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
#endif
