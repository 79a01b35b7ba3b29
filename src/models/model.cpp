// SPDX-License-Identifier: MIT
#include "eigensweep/models/model.hpp"

#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/input_norm.hpp"
#include "eigensweep/models/network_options.hpp"

namespace eigensweep::models {

#define EIGENSWEEP_KIND(name)                                                                \
  std::unique_ptr<Model> make_##name(const Json& options, const study::DatasetInfo& dataset, \
                                     const std::vector<std::uint64_t>& seeds, const torch::Device& device);
#include "models.def"
#undef EIGENSWEEP_KIND

Model::Model() = default;
Model::~Model() = default;

Output Model::forward(const Inputs& inputs, Mode mode) {
  const Tensor x = precision_ == torch::kFloat32 ? inputs.x : inputs.x.to(precision_);
  const Inputs read{normalised(x), inputs.lanes};
  Output output = run(read, mode);
  if (origin_) output.logits = output.logits - origin_->run(read, mode).logits;
  if (output_scale_ != 1) output.logits = output.logits * output_scale_;
  return output;
}

std::unique_ptr<Pass> Model::pass(const Inputs& inputs, Mode mode) {
  const torch::NoGradGuard no_gradients;
  const Tensor x = precision_ == torch::kFloat32 ? inputs.x : inputs.x.to(precision_);
  const Inputs read{normalised(x), inputs.lanes};
  std::unique_ptr<Pass> pass = run_by_hand(read, mode);
  Tensor& logits = pass->output.logits;
  if (origin_) logits.sub_(origin_->run(read, mode).logits);
  if (output_scale_ != 1) logits.mul_(output_scale_);
  return pass;
}

std::unique_ptr<Pass> Model::run_by_hand(const Inputs&, Mode) {
  throw ContractViolation("this network has no backward pass of its own");
}

std::vector<Tensor> Model::backward(Pass& pass, OutputGradient gradient) {
  if (output_scale_ != 1) gradient.logits = gradient.logits * output_scale_;
  std::vector<Tensor> gradients = pass.parameter_gradients(std::move(gradient));
  for (Tensor& each : gradients) each = each.contiguous();  // the optimisers' kernels read memory linearly
  return gradients;
}

Tensor Model::input_gradient(Pass& pass, const Tensor& logits) {
  EIGENSWEEP_EXPECT(has_input_gradient());
  return pass.input_gradient(output_scale_ == 1 ? logits : logits * output_scale_);
}

std::vector<SignedWeights> Model::signed_weights() const {
  std::vector<SignedWeights> layers;
  for (const NamedTensor& named : parameters_) {
    if (named.tensor.dim() < 3) continue;  // biases, and the gains of batch norm
    const Tensor weights = (named.tensor.detach().to(torch::kFloat64) * named.factor).flatten(2);
    layers.push_back({weights.clamp_min(0), (-weights).clamp_min(0), {named.tensor.detach()}});
  }
  return layers;
}

std::vector<std::vector<Synapses>> Model::synapses(const Tensor& x) {
  const Output output = forward(Inputs::shared(x, lanes_), Mode::evaluate);
  std::vector<std::vector<Synapses>> layers{{{0, normalised(x).t().unsqueeze(0)}}};
  for (const Tensor& hidden : output.hidden) layers.push_back({{layers.size(), hidden}});
  return layers;
}

std::vector<HiddenUnits> Model::hidden_units() const {
  std::vector<HiddenUnits> layers;
  for (const NamedTensor& named : parameters_) {
    if (named.tensor.dim() > 2) {
      // The signs of a layer's inputs are those of the units below it.
      if (!layers.empty() && named.signs.defined()) {
        layers.back().excitatory = (named.signs > 0).sum().item<std::int64_t>();
        layers.back().inhibitory = layers.back().count - layers.back().excitatory;
      }
      layers.push_back({{}, named.tensor.size(1)});
    }
    if (!layers.empty()) layers.back().parts.push_back({named.tensor.detach()});
  }
  if (!layers.empty()) layers.pop_back();  // the readout
  return layers;
}

Tensor Model::normalised(const Tensor& x) const { return input_norm_ ? (*input_norm_)(x) : x; }

void Model::rescale_outputs(double scale, std::unique_ptr<Model> origin) {
  output_scale_ = scale;
  origin_ = std::move(origin);
  if (!origin_) return;
  for (NamedTensor& named : origin_->parameters()) named.tensor.requires_grad_(false);
}

void Model::set_precision(torch::ScalarType type) {
  precision_ = type;
  for (auto* tensors : {&parameters_, &buffers_}) {
    for (NamedTensor& named : *tensors) {
      if (named.tensor.scalar_type() == torch::kFloat32) named.tensor.set_data(named.tensor.detach().to(type));
    }
  }
  if (origin_) origin_->set_precision(type);
}

void Model::normalise_inputs(std::unique_ptr<InputNorm> layer) {
  input_norm_ = std::move(layer);
  if (!input_norm_) return;
  for (NamedTensor& kept : input_norm_->buffers()) buffers_.push_back(std::move(kept));
}

void Model::fit_inputs(const Tensor& images) {
  if (input_norm_) input_norm_->fit(images);
}

Inputs Inputs::unshared() const {
  std::vector<Tensor> copies;
  for (std::size_t group = 0; group < lanes.size(); ++group) {
    copies.insert(copies.end(), static_cast<std::size_t>(lanes[group]), x[static_cast<std::int64_t>(group)]);
  }
  return per_lane(torch::stack(copies));
}

namespace {

std::unique_ptr<Model> make_kind(const Json& options, const study::DatasetInfo& dataset,
                                 const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  const auto kind = options.at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return make_##name(options, dataset, seeds, device);
#include "models.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation("no model named '" + kind + "'");
}

}  // namespace

std::unique_ptr<Model> make_model(const Json& options, const study::DatasetInfo& dataset,
                                  const std::vector<std::uint64_t>& seeds, const torch::Device& device) {
  const auto network = network_options(options);
  std::unique_ptr<Model> model = make_kind(options, dataset, seeds, device);
  // Initial weights depend on the seed alone, so the initial network is recomputed and not stored.
  model->rescale_outputs(network.output_scale,
                         network.centre_output ? make_kind(options, dataset, seeds, device) : nullptr);
  model->normalise_inputs(make_input_norm(network.normalise, dataset, model->lanes(), device));
  if (network.precision == NetworkOptions::Precision::float64) model->set_precision(torch::kFloat64);
  return model;
}

}  // namespace eigensweep::models
