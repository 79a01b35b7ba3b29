// SPDX-License-Identifier: MIT
#include "regime.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "power_law.hpp"
#include "similarity.hpp"

namespace eigensweep::metrics {
namespace {

/// The fit's ranks, as the defaults of the metric "spectrum".
constexpr std::int64_t first_rank = 11, last_rank = 500;

/// Frobenius norm of each lane of a tensor [E, ...], in float64: [E].
Tensor norms(const Tensor& tensor) { return torch::linalg_vector_norm(tensor.to(torch::kFloat64).flatten(1), 2, 1); }

Tensor relative_change(const Tensor& now, const Tensor& before) {
  return norms(now.to(torch::kFloat64) - before.to(torch::kFloat64)) / norms(before);
}

models::Output outputs(models::Model& model, const Tensor& x) {
  const torch::NoGradGuard no_gradients;
  return model.forward(models::Inputs::shared(x, model.lanes()), models::Mode::evaluate);
}

void forget_gradients(models::Model& model) {
  for (models::NamedTensor& named : model.parameters()) named.tensor.requires_grad_(false);
}

wire::Array to_array(const Tensor& tensor) {
  const Tensor values = tensor.contiguous();
  wire::Array array;
  array.dtype = values.scalar_type() == torch::kFloat32 ? "f32" : values.scalar_type() == torch::kInt64 ? "i64" : "f64";
  array.shape = values.sizes().vec();
  array.bytes.resize(values.nbytes());
  std::memcpy(array.bytes.data(), values.data_ptr(), array.bytes.size());
  return array;
}

}  // namespace

std::unique_ptr<models::Model> initial_networks(const Subject& subject) {
  EIGENSWEEP_EXPECT(subject.seeds.size() == static_cast<std::size_t>(subject.model.lanes()));
  auto networks = models::make_model(subject.config.at("model"), subject.data.info, subject.seeds,
                                     subject.data.train_images.device());
  networks->fit_inputs(subject.data.train_images);
  if (subject.begin) subject.begin(*networks);
  forget_gradients(*networks);
  return networks;
}

std::vector<std::string> lost_activations(models::Model& model, const Tensor& x) {
  const models::Output output = outputs(model, x);
  std::vector<std::string> reasons(static_cast<std::size_t>(model.lanes()));
  const auto look = [&](const Tensor& activations, const std::string& what) {
    const Tensor finite = activations.isfinite().flatten(1).all(1).cpu();
    for (std::size_t lane = 0; lane < reasons.size(); ++lane) {
      const bool is_finite = finite.data_ptr<bool>()[lane];
      if (!is_finite && reasons[lane].empty()) reasons[lane] = what + " is not finite";
    }
  };
  for (std::size_t layer = 0; layer < output.hidden.size(); ++layer) {
    look(output.hidden[layer], fmt::format("an activation of layer {}", layer + 1));
  }
  look(output.logits, "a logit");
  return reasons;
}

Measurement lane_of(const Columns& columns, std::int64_t lane) {
  Measurement measurement;
  for (const auto& [name, values] : columns) measurement[name] = to_array(values.cpu()[lane]);
  for (const auto& [moment, when] : {std::pair("_initial", "at initialisation"), std::pair("", "after training")}) {
    const auto found = measurement.find(std::string("ntk_fit_ranks") + moment);
    if (found == measurement.end() || std::isnan(measurement.at(std::string("ntk_eigenvalues") + moment).values()[0]))
      continue;
    const PowerLaw fit{nan, nan, first_rank, last_rank, static_cast<std::int64_t>(found->second.values()[0])};
    const std::string reason = why_no_exponent(fit, fmt::format("the tangent kernel {}", when));
    if (!reason.empty()) measurement.remark += (measurement.remark.empty() ? "" : "; ") + reason;
  }
  return measurement;
}

Tensor eigenvalues_of(const Tensor& kernels) {
  const Tensor finite = kernels.isfinite().flatten(1).all(1).view({-1, 1, 1});
  const Tensor values = torch::linalg_eigvalsh(torch::where(finite, kernels, torch::zeros_like(kernels))).flip(1);
  return torch::where(finite.squeeze(2), values, std::numeric_limits<double>::quiet_NaN());
}

void add_spectrum(const Tensor& kernels, const std::string& moment, Columns& columns) {
  const Tensor eigenvalues = eigenvalues_of(kernels);
  const Tensor rows = eigenvalues.to(torch::kCPU, torch::kFloat64).contiguous();
  std::vector<double> exponents;
  std::vector<std::int64_t> ranks;
  for (std::int64_t lane = 0; lane < rows.size(0); ++lane) {
    const std::span values(rows.data_ptr<double>() + lane * rows.size(1), static_cast<std::size_t>(rows.size(1)));
    const PowerLaw fit = fit_power_law(values, first_rank, last_rank);
    exponents.push_back(fit.exponent);
    ranks.push_back(fit.ranks);
  }
  columns["ntk_eigenvalues" + moment] = eigenvalues;
  columns["ntk_exponent" + moment] = torch::tensor(exponents, torch::kFloat64);
  columns["ntk_fit_ranks" + moment] = torch::tensor(ranks, torch::kInt64);
}

InputJacobian input_jacobian(models::Model& model, const Tensor& x) {
  const torch::AutoGradMode with_gradients(true);
  const Tensor inputs = x.unsqueeze(0).repeat({model.lanes(), 1, 1}).requires_grad_(true);
  const Tensor logits = model.forward(models::Inputs::per_lane(inputs), models::Mode::evaluate).logits;
  std::vector<Tensor> rows;
  for (std::int64_t o = 0; o < logits.size(1); ++o) {
    rows.push_back(torch::autograd::grad({logits.select(1, o).sum()}, {inputs}, {}, /*retain_graph=*/true)[0]);
  }
  const Tensor jacobian = torch::stack(rows, 2).to(torch::kFloat64);  // [E, n, C, d]
  const Tensor gram = jacobian.matmul(jacobian.transpose(2, 3));      // [E, n, C, C]
  const Tensor top = eigenvalues_of(gram.flatten(0, 1)).select(1, 0).clamp_min(0).sqrt();
  return {gram.diagonal(0, 2, 3).sum(2).sqrt().mean(1), top.view({gram.size(0), -1}).mean(1)};
}

Origin::Origin(const Subject& subject, const Tensor& x, const Tensor& labels)
    : initial_(initial_networks(subject)), x_(x), labels_(labels), output_(outputs(*initial_, x)) {
  ntk_ = kernels::empirical_ntk(*initial_, x);
  forget_gradients(*initial_);
}

Columns Origin::alone() {
  const InputJacobian jacobian = input_jacobian(*initial_, x_);
  Columns columns{{"ntk_alignment_initial", label_alignment(ntk_.traced, labels_)},
                  {"ntk_shares_initial", ntk_.shares},
                  {"input_jacobian_initial", jacobian.norm},
                  {"input_jacobian_top_initial", jacobian.top}};
  add_spectrum(ntk_.traced, "_initial", columns);
  return columns;
}

Columns Origin::against(models::Model& model) {
  Columns columns;
  const models::Output now = outputs(model, x_);
  weights(model, columns);
  features(now, columns);
  linearisation(model, now, columns);
  const kernels::EmpiricalNtk ntk = kernels::empirical_ntk(model, x_);
  forget_gradients(model);
  columns["ntk_drift"] = relative_change(ntk.traced, ntk_.traced);
  columns["ntk_distance"] = 1 - (ntk.traced * ntk_.traced).sum({1, 2}) / (norms(ntk.traced) * norms(ntk_.traced));
  columns["ntk_alignment"] = label_alignment(ntk.traced, labels_);
  columns["ntk_shares"] = ntk.shares;
  add_spectrum(ntk.traced, "", columns);
  const InputJacobian jacobian = input_jacobian(model, x_);
  columns["input_jacobian"] = jacobian.norm;
  columns["input_jacobian_top"] = jacobian.top;
  return columns;
}

void Origin::weights(models::Model& model, Columns& columns) const {
  std::vector<Tensor> changes;
  Tensor moved, whole;
  for (std::size_t i = 0; i < model.parameters().size(); ++i) {
    const Tensor now = model.parameters()[i].tensor.detach(), before = initial_->parameters()[i].tensor.detach();
    if (model.parameters()[i].name.ends_with(".weight")) changes.push_back(relative_change(now, before));
    const Tensor change = norms(now - before).square(), size = norms(before).square();
    moved = moved.defined() ? moved + change : change;
    whole = whole.defined() ? whole + size : size;
  }
  columns["weight_change"] = torch::stack(changes, 1);
  columns["parameter_change"] = (moved / whole).sqrt();
}

void Origin::features(const models::Output& now, Columns& columns) const {
  std::vector<Tensor> changes, flips, similarities;
  for (std::size_t layer = 0; layer < now.hidden.size(); ++layer) {
    const Tensor &h = now.hidden[layer], &before = output_.hidden[layer];
    changes.push_back(relative_change(h, before));
    flips.push_back((h > 0).ne(before > 0).to(torch::kFloat64).mean({1, 2}));
    similarities.push_back(debiased_cka(h, before));
  }
  columns["feature_change"] = torch::stack(changes, 1);
  columns["gate_flips"] = torch::stack(flips, 1);
  columns["cka"] = torch::stack(similarities, 1);
}

void Origin::linearisation(models::Model& model, const models::Output& now, Columns& columns) {
  std::vector<Tensor> direction;
  for (std::size_t i = 0; i < model.parameters().size(); ++i) {
    direction.push_back((model.parameters()[i].tensor - initial_->parameters()[i].tensor).detach());
  }
  const auto inputs = models::Inputs::shared(x_, initial_->lanes());
  const Tensor linear = kernels::jacobian_product(*initial_, inputs, direction);
  forget_gradients(*initial_);
  const Tensor change = now.logits - output_.logits;
  columns["linearisation_gap"] = norms(change - linear) / norms(change);
}

}  // namespace eigensweep::metrics
