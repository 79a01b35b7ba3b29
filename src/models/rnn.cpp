// SPDX-License-Identifier: MIT
// Recurrent network that reads an image row by row. Its state after every row is a hidden layer; the readout reads the
// last one. By Dale's law its weights are those of Cornford et al. (2021), section on recurrent networks: no division.
#include "eigensweep/models/network_options.hpp"
#include "image_rows.hpp"

namespace eigensweep::models {
namespace {

struct RnnOptions : NetworkOptions {
  static study::Fields<RnnOptions> fields() {
    study::Fields<RnnOptions> fields;
    fields.finite_integer("width", &RnnOptions::width, {1, 1e6}, "units of the recurrent state").required();
    add_activation(fields);
    add_base_width(fields);
    add_numbers(fields);
    return add_layer_type(fields);
  }
};

}  // namespace
}  // namespace eigensweep::models

#ifdef EIGENSWEEP_DECLARATIONS
#include <fmt/format.h>

#include <algorithm>

#include "eigensweep/models/layer_type.hpp"
#include "finite_shape.hpp"

namespace eigensweep::models {
namespace {

study::ModelShape rnn_shape(const RnnOptions& rnn, const study::DatasetInfo& dataset) {
  const ImageRows rows(dataset);
  const std::int64_t width = rnn.width.value, inputs = rows.inputs(),
                     inhibitory = is_dann(rnn) ? inhibitory_units(rnn) : 0;
  study::ModelShape shape = finite_shape(rnn);
  const auto steps = static_cast<double>(rows.steps), units = static_cast<double>(width);
  shape.first_layer_flops = 2.0 * steps * units * static_cast<double>(inputs);
  shape.forward_flops =
      shape.first_layer_flops + 2.0 * steps * units * units + 2.0 * units * static_cast<double>(dataset.classes);
  shape.parameters = width * (inputs + width + 1) + (width + 1) * dataset.classes;
  if (is_dann(rnn)) shape.parameters += inhibitory * (inputs + 3 * width) + width + 2 * dataset.classes + 1;
  // The states, and the inputs row by row.
  shape.activations = rows.steps * width * kept_of_unit(rnn) + rows.steps * inputs + dataset.classes;
  shape.gradients = (rows.steps + 1) * width + dataset.classes;
  shape.forward_numbers = (2 * rows.steps + 2) * width + dataset.classes;
  shape.outputs = 2 * rows.steps * width + dataset.classes;
  shape.hidden_widths.assign(static_cast<std::size_t>(rows.steps), width);
  return shape;
}

std::string refuse_single_row(const RnnOptions& rnn, const study::DatasetInfo& dataset) {
  if (ImageRows(dataset).steps < 2) {
    return "an rnn reads samples row by row, and these have one row; choose images, or the model 'mlp'";
  }
  return refuse_signed_inputs(rnn, dataset);
}

}  // namespace

study::Kind declare_rnn() {
  study::Kind kind = study::declare<RnnOptions>(
      study::Family::model, "rnn",
      "recurrent network that reads an image row by row; its state after each row is a hidden layer",
      "Elman 1990, doi:10.1207/s15516709cog1402_1; by Dale's law Cornford et al. 2021");
  kind.refuse = study::typed<RnnOptions>(
      [](const RnnOptions& rnn, const Json& config) { return refuse_layer_type(rnn, config); });
  kind.refuse_inputs = study::typed<RnnOptions>(refuse_single_row);
  kind.shape = study::typed<RnnOptions>(rnn_shape);
  return kind;
}

}  // namespace eigensweep::models

#else
#include <cmath>
#include <optional>

#include "colei.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/layer_type.hpp"
#include "eigensweep/models/numerics/product.hpp"
#include "recurrent_pass.hpp"

namespace eigensweep::models {
namespace {

class Rnn final : public Model {
 public:
  Rnn(const RnnOptions& options, const study::DatasetInfo& dataset, const std::vector<std::uint64_t>& seeds,
      const torch::Device& device)
      : rows_(dataset),
        options_(options),
        of_inputs_({"0.U", Layer::input, rows_.inputs(), 0}, options, seeds, device, parameters_),
        of_state_({"1.W", Layer::hidden, options.width.value, 2}, options, seeds, device, parameters_) {
    lanes_ = static_cast<std::int64_t>(seeds.size());
    hidden_layers_ = static_cast<std::size_t>(rows_.steps);
    const std::int64_t width = options.width.value;
    const bool is_dense = options.layer == NetworkOptions::LayerType::dense;
    const Tensor bias = is_dense ? default_uniform(seeds, 4, width, {width}) : torch::zeros({lanes_, width});
    bias_ = added("1.b", Place::hidden_bias, bias.to(device));
    if (is_dann(options)) {
      dividing_readout_.emplace(
          DannSizes{width, dataset.classes, 1, Layer::output, options.layer == NetworkOptions::LayerType::dann}, seeds,
          6, 2, device, parameters_);
      return;
    }
    const std::int64_t inhibitory = inhibitory_units(options);
    const ColeiInputs columns{width - inhibitory, inhibitory};
    const Tensor weight = is_dense ? default_uniform(seeds, 6, width, {dataset.classes, width})
                                   : columns.initial_weights(seeds, 6, dataset.classes);
    readout_ = added("2.weight", Place::output_weight, weight.to(device));
    if (!is_dense) parameters_.back().signs = columns.signs().to(device);
    const Tensor shift =
        is_dense ? default_uniform(seeds, 7, width, {dataset.classes}) : torch::zeros({lanes_, dataset.classes});
    readout_bias_ = added("2.bias", Place::output_bias, shift.to(device));
  }

  /// As in a "colei" mlp: the first bias takes off what the mean input excites.
  void fit_inputs(const Tensor& images) override {
    Model::fit_inputs(images);
    if (options_.layer != NetworkOptions::LayerType::colei) return;
    const torch::NoGradGuard no_gradients;
    const double size = std::sqrt(0.5) * ColeiInputs{rows_.inputs(), 0}.excitatory_size();
    bias_.fill_(-static_cast<double>(rows_.inputs()) * size * mean_input(images));
  }

  [[nodiscard]] bool has_backward() const override { return true; }

  [[nodiscard]] std::int64_t hidden_numbers() const override { return lanes_ * rows_.steps * options_.width.value; }

  [[nodiscard]] std::vector<SignedWeights> signed_weights() const override {
    if (dividing_readout_) return {of_inputs_.apart(), of_state_.apart(), dividing_readout_->weights()};
    const Tensor exact = readout_.detach().to(torch::kFloat64);
    return {of_inputs_.apart(), of_state_.apart(), {exact.clamp_min(0), (-exact).clamp_min(0), {readout_.detach()}}};
  }

  /// Inputs and the state before drive the same units. All steps count, as samples do.
  [[nodiscard]] std::vector<std::vector<Synapses> > synapses(const Tensor& x) override {
    const Output output = forward(Inputs::shared(x, lanes_), Mode::evaluate);
    std::vector<Tensor> before{torch::zeros_like(output.hidden.front())};
    before.insert(before.end(), output.hidden.begin(), output.hidden.end() - 1);
    const Tensor rows = by_rows(rows_, normalised(x).unsqueeze(0)).transpose(1, 2);
    const std::vector<Synapses> of_state{{0, rows}, {1, torch::stack(before, 2).flatten(2)}};
    return {of_state, of_state, {{2, output.hidden.back()}}};
  }

  [[nodiscard]] std::vector<HiddenUnits> hidden_units() const override {
    HiddenUnits state{{{bias_.detach()}}, options_.width.value};
    std::vector<HiddenUnits> between;
    of_inputs_.add_units(state, between);
    of_state_.add_units(state, between);
    if (keeps_signs(options_)) {
      state.inhibitory = is_dann(options_) ? 0 : inhibitory_units(options_);
      state.excitatory = state.count - state.inhibitory;
    }
    between.insert(between.begin(), std::move(state));
    return between;
  }

 protected:
  Output run(const Inputs& inputs, Mode) override {
    // One product for all steps: [E, N, steps * B].
    const std::int64_t batch = inputs.x.size(1), width = options_.width.value;
    const Tensor drives = affine_of_inputs(of_inputs_.effective(), bias_, {by_rows(rows_, inputs.x), inputs.lanes})
                              .view({lanes_, width, rows_.steps, batch});
    const Tensor weight = of_state_.effective();
    Output output;
    for (std::int64_t step = 0; step < rows_.steps; ++step) {
      Tensor z = drives.select(2, step);
      if (step > 0) z = z + affine(weight, {}, output.hidden.back());
      output.hidden.push_back(activate(options_.activation, z.contiguous()));
    }
    const Tensor& last = output.hidden.back();
    output.logits = dividing_readout_ ? (*dividing_readout_)(last) : affine(readout_, readout_bias_, last);
    return output;
  }

  std::unique_ptr<Pass> run_by_hand(const Inputs& inputs, Mode) override {
    const DannLayer* dividing = dividing_readout_ ? &*dividing_readout_ : nullptr;
    return run_recurrent({options_.activation, rows_, of_inputs_, of_state_, bias_, readout_, readout_bias_, dividing},
                         inputs);
  }

 private:
  Tensor added(const char* name, Place place, Tensor tensor) {
    tensor.requires_grad_(true);
    parameters_.push_back({name, tensor, place});
    return tensor;
  }

  ImageRows rows_;
  RnnOptions options_;
  RecurrentWeights of_inputs_;
  RecurrentWeights of_state_;
  Tensor bias_;                                // [E, N]
  Tensor readout_, readout_bias_;              // [E, C, N], [E, C]; undefined where a DANN reads
  std::optional<DannLayer> dividing_readout_;  // of a DANN
};

}  // namespace

std::unique_ptr<Model> make_rnn(const Json& options, const study::DatasetInfo& dataset,
                                const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  return std::make_unique<Rnn>(study::read<RnnOptions>(options), dataset, seeds, device);
}

}  // namespace eigensweep::models
#endif
