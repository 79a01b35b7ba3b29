// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/empirical.hpp"

#include "eigensweep/core/error.hpp"

namespace eigensweep::kernels {
namespace {

/// Switches a model's traces on for its lifetime.
class Traced {
 public:
  explicit Traced(models::Model& model) : model_(model) { EIGENSWEEP_EXPECT(model_.trace_affine(true)); }
  ~Traced() { model_.trace_affine(false); }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;

 private:
  models::Model& model_;
};

/// Parameters need gradients for the graph's sake only.
std::vector<Tensor> leaves(models::Model& model) {
  std::vector<Tensor> tensors;
  for (models::NamedTensor& named : model.parameters()) {
    named.tensor.requires_grad_(true);
    tensors.push_back(named.tensor);
  }
  return tensors;
}

Tensor gram(const Tensor& features) {  // [E, N, n] -> [E, n, n]
  const Tensor exact = features.to(torch::kFloat64);
  return torch::bmm(exact.transpose(1, 2), exact);
}

}  // namespace

EmpiricalNtk empirical_ntk(models::Model& model, const Tensor& x, bool full) {
  const torch::AutoGradMode with_gradients(true);
  const Traced traced(model);
  leaves(model);
  const models::Output output = model.forward(models::Inputs::shared(x, model.lanes()), models::Mode::evaluate);
  const std::int64_t lanes = model.lanes(), classes = output.logits.size(1), samples = x.size(0);
  std::vector<Tensor> made;
  for (const models::AffineTrace& layer : output.affine) made.push_back(layer.output);
  std::vector<std::vector<Tensor>> slopes(made.size());  // [layer][logit]: d f_o / d z, [E, N, n]
  for (std::int64_t o = 0; o < classes; ++o) {
    // Samples do not mix, so one backward pass of their sum holds the gradient of each.
    const std::vector<Tensor> gradients =
        torch::autograd::grad({output.logits.select(1, o).sum()}, made, {}, /*retain_graph=*/true);
    for (std::size_t layer = 0; layer < made.size(); ++layer) slopes[layer].push_back(gradients[layer].detach());
  }
  const torch::NoGradGuard no_gradients;
  const auto kind = torch::TensorOptions(x.device()).dtype(torch::kFloat64);
  EmpiricalNtk ntk;
  ntk.traced = torch::zeros({lanes, samples, samples}, kind);
  if (full) ntk.full = torch::zeros({lanes, samples * classes, samples * classes}, kind);
  std::vector<Tensor> traces;
  for (std::size_t layer = 0; layer < made.size(); ++layer) {
    const models::AffineTrace& affine = output.affine[layer];
    const double w = affine.weight_factor, b = affine.bias_factor;
    // Of df/dW = w slope h^T and df/db = b slope: inner products are those of slopes times w^2 <h, h'> + b^2.
    const Tensor inputs = w * w * gram(affine.input.detach()) + b * b;
    const Tensor part = gram(torch::cat(slopes[layer], 1)) * inputs / static_cast<double>(classes);
    ntk.traced += part;
    traces.push_back(part.diagonal(0, 1, 2).sum(1));
    if (full) {
      const Tensor by_sample = torch::stack(slopes[layer], 3).flatten(2);  // [E, N, n C]
      ntk.full += gram(by_sample) * inputs.repeat_interleave(classes, 1).repeat_interleave(classes, 2);
    }
    slopes[layer].clear();
  }
  const Tensor shares = torch::stack(traces, 1);
  ntk.shares = shares / shares.sum(1, /*keepdim=*/true);
  return ntk;
}

Tensor jacobian_product(models::Model& model, const Tensor& x, const std::vector<Tensor>& direction) {
  const torch::AutoGradMode with_gradients(true);
  const std::vector<Tensor> parameters = leaves(model);
  EIGENSWEEP_EXPECT(direction.size() == parameters.size());
  const Tensor logits = model.forward(models::Inputs::shared(x, model.lanes()), models::Mode::evaluate).logits;
  // Backwards twice is forwards: J^T u is linear in u, and the derivative of <J^T u, v> by u is J v.
  const Tensor u = torch::zeros_like(logits).requires_grad_(true);
  const std::vector<Tensor> back =
      torch::autograd::grad({logits}, parameters, {u}, /*retain_graph=*/true, /*create_graph=*/true);
  Tensor inner = torch::zeros({}, logits.options());
  for (std::size_t i = 0; i < back.size(); ++i) inner = inner + (back[i] * direction[i]).sum();
  return torch::autograd::grad({inner}, {u})[0].detach();
}

}  // namespace eigensweep::kernels
