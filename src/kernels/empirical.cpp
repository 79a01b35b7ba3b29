// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/empirical.hpp"

#include <algorithm>

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

/// The parameters, with gradients switched on so that a graph is built.
std::vector<Tensor> leaves(models::Model& model) {
  std::vector<Tensor> tensors;
  for (models::NamedTensor& named : model.parameters()) {
    named.tensor.requires_grad_(true);
    tensors.push_back(named.tensor);
  }
  return tensors;
}

constexpr std::int64_t most_numbers = 1 << 25;  // float64 derivatives that are held at once

Tensor gram(const Tensor& features) {  // [E, N, n] -> [E, n, n]
  const Tensor exact = features.to(torch::kFloat64);
  return torch::bmm(exact.transpose(1, 2), exact);
}

/// A layer's part of the kernel: the mean over logits [E, n, n], and that between all logits [E, n C, n C] if asked
/// for.
struct Part {
  Tensor traced, full;
};

/// `slopes`: per logit d f_o / d z, in the shape of AffineTrace::output.
Part part_of_dense(const models::AffineTrace& affine, const std::vector<Tensor>& slopes, bool full) {
  const double w = affine.weight_factor, b = affine.bias_factor;
  const auto classes = static_cast<std::int64_t>(slopes.size());
  // df/dW = w slope h^T and df/db = b slope, so inner products are those of the slopes times w^2 <h, h'> + b^2.
  const Tensor inputs = w * w * gram(affine.input.detach()) + b * b;
  Part part;
  part.traced = gram(torch::cat(slopes, 1)) * inputs / static_cast<double>(classes);
  if (full) {
    const Tensor by_sample = torch::stack(slopes, 3).flatten(2);  // [E, N, n C]
    part.full = gram(by_sample) * inputs.repeat_interleave(classes, 1).repeat_interleave(classes, 2);
  }
  return part;
}

/// Forms df/dW = w sum over positions of slope h^T for a few units of the layer at a time.
Part part_of_convolution(const models::AffineTrace& affine, const std::vector<Tensor>& slopes, bool full) {
  const Tensor patches = affine.input.detach().permute({0, 3, 2, 1}).to(torch::kFloat64);  // [E, n, S, N_in]
  const std::int64_t lanes = patches.size(0), samples = patches.size(1), units = slopes.front().size(1);
  const auto classes = static_cast<std::int64_t>(slopes.size());
  const std::int64_t chunk =
      std::clamp<std::int64_t>(most_numbers / (lanes * samples * classes * (patches.size(3) + 1)), 1, units);
  Part part;
  part.traced = torch::zeros({lanes, samples, samples}, patches.options());
  if (full) part.full = torch::zeros({lanes, samples * classes, samples * classes}, patches.options());
  for (std::int64_t start = 0; start < units; start += chunk) {
    std::vector<Tensor> of_logits;  // [E, n, numbers of the chunk's parameters]
    for (const Tensor& all : slopes) {
      const Tensor slope = all.slice(1, start, start + chunk).permute({0, 3, 1, 2}).to(torch::kFloat64);
      of_logits.push_back(torch::cat({affine.weight_factor * torch::matmul(slope, patches),
                                      affine.bias_factor * slope.sum(3, /*keepdim=*/true)},
                                     3)
                              .flatten(2));
    }
    part.traced += gram(torch::cat(of_logits, 2).transpose(1, 2)) / static_cast<double>(classes);
    if (full) part.full += gram(torch::stack(of_logits, 2).flatten(1, 2).transpose(1, 2));
  }
  return part;
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
    // Samples do not mix, so one backward pass of their sum gives the gradient of each.
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
    const auto part_of = made[layer].dim() == 4 ? part_of_convolution : part_of_dense;
    const Part part = part_of(output.affine[layer], slopes[layer], full);
    ntk.traced += part.traced;
    traces.push_back(part.traced.diagonal(0, 1, 2).sum(1));
    if (full) ntk.full += part.full;
    slopes[layer].clear();
  }
  const Tensor shares = torch::stack(traces, 1);
  ntk.shares = shares / shares.sum(1, /*keepdim=*/true);
  return ntk;
}

Tensor jacobian_product(models::Model& model, const models::Inputs& inputs, const std::vector<Tensor>& direction,
                        bool differentiable) {
  const torch::AutoGradMode with_gradients(true);
  const std::vector<Tensor> parameters = leaves(model);
  EIGENSWEEP_EXPECT(direction.size() == parameters.size());
  const Tensor logits = model.forward(inputs, models::Mode::evaluate).logits;
  // Two backward passes make a forward one: J^T u is linear in u, and the derivative of <J^T u, v> by u is J v.
  const Tensor u = torch::zeros_like(logits).requires_grad_(true);
  const std::vector<Tensor> back =
      torch::autograd::grad({logits}, parameters, {u}, /*retain_graph=*/true, /*create_graph=*/true);
  Tensor inner = torch::zeros({}, logits.options());
  for (std::size_t i = 0; i < back.size(); ++i) inner = inner + (back[i] * direction[i]).sum();
  const Tensor product = torch::autograd::grad({inner}, {u}, {}, /*retain_graph=*/true, differentiable)[0];
  return differentiable ? product : product.detach();
}

}  // namespace eigensweep::kernels
