// SPDX-License-Identifier: MIT
#include "dann_layer.hpp"

#include <cmath>
#include <numbers>

#include "eigensweep/models/dense.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::models {
namespace {

constexpr double least_gamma = 1e-8;
constexpr double two_pi = 2 * std::numbers::pi;

/// The mean of gamma is then 1 for the same activities.
double initial_alpha(const DannSizes& sizes) {
  return 0.5 * std::log((two_pi - 1) / static_cast<double>(sizes.inputs));
}

}  // namespace

double initial_size(Layer role, std::int64_t inputs) {
  const auto count = static_cast<double>(inputs);
  return role == Layer::input ? std::sqrt(1 / (2 * count)) : std::sqrt(two_pi / (count * (two_pi - 1)));
}

Tensor exponential_weights(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, double mean,
                           const std::vector<std::int64_t>& shape) {
  return drawn_by_lane(seeds, stream, shape,
                       [](const random::Key& key, std::span<float> numbers) { random::fill_exponential(key, numbers); })
      .mul_(mean);
}

DannLayer::DannLayer(const DannSizes& sizes, const std::vector<std::uint64_t>& seeds, std::uint64_t stream,
                     std::int64_t place, const torch::Device& device, std::vector<NamedTensor>& parameters) {
  const auto lanes = static_cast<std::int64_t>(seeds.size());
  const auto inputs = static_cast<double>(sizes.inputs), units = static_cast<double>(sizes.units);
  const Tensor positive = torch::ones({1}, device);
  const auto add = [&](const char* name, Place where, const Tensor& tensor, const Tensor& signs, double factor) {
    parameters.push_back({fmt::format("{}.{}", place, name), tensor.to(device).requires_grad_(true), where});
    parameters.back().signs = signs;
    if (sizes.has_corrected_gradients) parameters.back().gradient_factor = factor;
    return parameters.back().tensor;
  };
  const double size = initial_size(sizes.role, sizes.inputs);
  const Tensor excitatory = exponential_weights(seeds, stream, size, {sizes.units, sizes.inputs});
  // The readout's single inhibitory unit subtracts the mean over the classes.
  const Tensor inhibitory = sizes.role == Layer::output
                                ? excitatory.mean(1, true)
                                : exponential_weights(seeds, stream + 1, size, {sizes.inhibitory, sizes.inputs});
  excitatory_ = add("Wex", weight_place(sizes.role), excitatory, positive, 1);
  inhibitory_ = add("Wix", Place::other, inhibitory, positive, 1 / std::sqrt(units));
  inhibition_ = add("Wei", Place::other,
                    torch::full({lanes, sizes.units, sizes.inhibitory}, 1 / static_cast<double>(sizes.inhibitory)),
                    positive, 1 / inputs);
  alpha_ = add("alpha", Place::other, torch::full({lanes, sizes.inhibitory}, initial_alpha(sizes)), Tensor(),
               1 / (std::sqrt(units) * inputs));
  gain_ = add("g", Place::other, torch::ones({lanes, sizes.units}), positive, 1);
  bias_ = add("b", bias_place(sizes.role), torch::zeros({lanes, sizes.units}), Tensor(), 1);
}

Tensor DannLayer::operator()(const Tensor& h) const { return of_currents(affine(stacked(), {}, h)); }

Tensor DannLayer::operator()(const Inputs& inputs) const {
  return of_currents(affine_of_inputs(stacked(), {}, inputs));
}

Tensor DannLayer::of_currents(const Tensor& currents) const {
  const std::int64_t units = excitatory_.size(1);
  const Tensor excitation = currents.narrow(1, 0, units);
  const Tensor of_inhibitory = currents.narrow(1, units, inhibitory_.size(1));
  const Tensor subtracted = affine(inhibition_, {}, of_inhibitory);
  const Tensor gamma = affine(dividing(), {}, of_inhibitory) + least_gamma;
  return gain_.unsqueeze(2) * ((excitation - subtracted) / gamma) + bias_.unsqueeze(2);
}

Tensor DannLayer::run(const Tensor& h, Kept& kept) const {
  const torch::NoGradGuard no_gradients;
  kept.both = stacked();
  return of_currents(product(kept.both, h), kept);
}

Tensor DannLayer::run(const Inputs& inputs, Kept& kept) const {
  const torch::NoGradGuard no_gradients;
  kept.both = stacked();
  return of_currents(affine_of_inputs(kept.both, {}, inputs), kept);
}

Tensor DannLayer::of_currents(const Tensor& currents, Kept& kept) const {
  const std::int64_t units = excitatory_.size(1);
  kept.of_inhibitory = currents.narrow(1, units, inhibitory_.size(1));
  kept.dividing = dividing();
  kept.gamma = product(kept.dividing, kept.of_inhibitory).add_(least_gamma);
  kept.quotient = product(inhibition_, kept.of_inhibitory);
  torch::sub_out(kept.quotient, currents.narrow(1, 0, units), kept.quotient).div_(kept.gamma);
  return torch::addcmul(bias_.unsqueeze(2), gain_.unsqueeze(2), kept.quotient);
}

// With e = Wex h, i = Wix h and D = exp(alpha) Wei: z = g q + b, q = (e - Wei i) / gamma, gamma = D i.
DannLayer::Gradients DannLayer::backward(const Kept& kept, Tensor gradient, bool of_parameters) const {
  const torch::NoGradGuard no_gradients;
  const std::int64_t units = excitatory_.size(1), inhibitory = inhibitory_.size(1);
  Gradients found;
  if (of_parameters) {
    found.bias = gradient.sum(2);
    found.gain = (gradient * kept.quotient).sum(2);
  }
  found.currents = empty_rows(gradient.size(0), units + inhibitory, gradient.size(2), gradient.options());
  Tensor by_excitation = found.currents.narrow(1, 0, units);
  torch::div_out(by_excitation, gradient.mul_(gain_.unsqueeze(2)), kept.gamma);
  // Less the derivatives by Wei i and by gamma.
  const Tensor& by_subtracted = by_excitation;
  const Tensor by_gamma = torch::mul_out(gradient, by_excitation, kept.quotient);
  Tensor by_inhibitory = product(inhibition_.transpose(1, 2), by_subtracted);
  add_product(by_inhibitory, kept.dividing.transpose(1, 2), by_gamma);
  Tensor place = found.currents.narrow(1, units, inhibitory);
  torch::neg_out(place, by_inhibitory);
  if (!of_parameters) return found;
  const Tensor activities = kept.of_inhibitory.transpose(1, 2);
  const Tensor by_dividing = product(by_gamma, activities);
  found.inhibition = product(by_subtracted, activities).addcmul_(by_dividing, alpha_.exp().unsqueeze(1)).neg_();
  found.alpha = (by_dividing * kept.dividing).sum(1).neg_();
  return found;
}

void DannLayer::collect(const Tensor& both, const Gradients& of_layer, std::vector<Tensor>& gradients) const {
  const std::int64_t units = excitatory_.size(1);
  gradients.push_back(both.narrow(1, 0, units));
  gradients.push_back(both.narrow(1, units, inhibitory_.size(1)));
  for (const Tensor& other : {of_layer.inhibition, of_layer.alpha, of_layer.gain, of_layer.bias}) {
    gradients.push_back(other);
  }
}

std::vector<HiddenUnits> DannLayer::units() const {
  const std::int64_t units = excitatory_.size(1), inhibitory = inhibitory_.size(1);
  return {{{{gain_.detach()}, {bias_.detach()}}, units, units, 0},
          {{{inhibition_.detach(), 2}}, inhibitory, 0, inhibitory}};
}

SignedWeights DannLayer::weights() const {
  const auto exact = [](const Tensor& tensor) { return tensor.detach().to(torch::kFloat64); };
  const Tensor gain = exact(gain_).unsqueeze(2);
  return {exact(excitatory_) * gain,
          exact(inhibition_).matmul(exact(inhibitory_)) * gain,
          {excitatory_.detach(), inhibitory_.detach(), inhibition_.detach()}};
}

}  // namespace eigensweep::models
