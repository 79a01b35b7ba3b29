// SPDX-License-Identifier: MIT
#include "eigensweep/attacks/objective.hpp"

#include <limits>
#include <tuple>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/activation.hpp"
#include "eigensweep/models/numerics/verdict.hpp"
#include "frozen.hpp"
#include "rows.hpp"

namespace eigensweep::attacks {
namespace {

constexpr double lowest = -std::numeric_limits<double>::infinity();
constexpr double tiny = 1e-12;  // as AutoAttack has it: keeps a denominator of equal logits above 0

/// Classes [B] or [E, B] as an index into logits [E, C, B] along the classes: [E, 1, B].
Tensor index_of(const Tensor& logits, const Tensor& classes) {
  return classes.unsqueeze(-2).expand({logits.size(0), 1, logits.size(2)});
}

Tensor at(const Tensor& logits, const Tensor& index) { return logits.gather(1, index); }

Tensor without(const Tensor& logits, const Tensor& index) { return logits.scatter(1, index, lowest); }

/// What an objective is about in each sample, all [E, 1, B].
struct Classes {
  Tensor label;
  Tensor rival;  ///< whose logit is to rise above the label's; undefined for all others together
  /// The z_(1) - ... that divides the difference, as the ranks of what is subtracted, counted from 0; none: no
  /// quotient.
  std::int64_t first = 0, last = -1;

  [[nodiscard]] bool is_quotient() const { return last >= first; }
};

Classes classes_of(Objective objective, const Tensor& logits, const Tensor& labels, const Tensor& targets) {
  Classes classes{index_of(logits, labels), {}};
  switch (objective) {
    case Objective::cross_entropy:
    case Objective::log_odds:
      return classes;
    case Objective::dlr:
      classes.first = classes.last = 2;
      [[fallthrough]];
    case Objective::margin:
      classes.rival = without(logits, classes.label).argmax(1, /*keepdim=*/true);
      return classes;
    case Objective::target_dlr:
      classes.first = 2;
      classes.last = 3;
      [[fallthrough]];
    case Objective::target_margin:
      classes.rival = index_of(logits, targets);
      return classes;
  }
  throw ContractViolation("no such objective");
}

/// The divisor of a quotient, [E, 1, B], and the classes in the order of their logits, as far as it needs them.
struct Spread {
  Tensor size, order;

  Spread(const Tensor& logits, const Classes& classes) {
    EIGENSWEEP_EXPECT(logits.size(1) > classes.last);
    Tensor sorted;
    std::tie(sorted, order) = logits.topk(classes.last + 1, /*dim=*/1);
    const std::int64_t count = classes.last - classes.first + 1;
    size = sorted.narrow(1, 0, 1) - sorted.narrow(1, classes.first, count).mean(1, /*keepdim=*/true) + tiny;
  }
};

/// The derivative of z_rival - z_label.
Tensor gradient_of_difference(const Tensor& logits, const Classes& classes) {
  const Tensor minus_one = torch::full_like(logits.narrow(1, 0, 1), -1);
  return torch::zeros_like(logits).scatter_(1, classes.rival, 1).scatter_add_(1, classes.label, minus_one);
}

}  // namespace

Tensor without_label(const Tensor& logits, const Tensor& labels) { return without(logits, index_of(logits, labels)); }

Tensor value_of(Objective objective, const Tensor& logits, const Tensor& labels, const Tensor& targets) {
  const torch::NoGradGuard no_gradients;
  if (objective == Objective::cross_entropy) return models::cross_entropy(logits, labels);
  const Classes classes = classes_of(objective, logits, labels, targets);
  const Tensor above = classes.rival.defined() ? at(logits, classes.rival)
                                               : without(logits, classes.label).logsumexp(1, /*keepdim=*/true);
  const Tensor difference = above - at(logits, classes.label);
  return (classes.is_quotient() ? difference / Spread(logits, classes).size : difference).squeeze(1);
}

Tensor gradient_of(Objective objective, const Tensor& logits, const Tensor& labels, const Tensor& targets) {
  const torch::NoGradGuard no_gradients;
  if (objective == Objective::cross_entropy) return models::cross_entropy_gradient(logits, labels);
  const Classes classes = classes_of(objective, logits, labels, targets);
  if (!classes.rival.defined()) return without(logits, classes.label).softmax(1).scatter_(1, classes.label, -1);
  Tensor gradient = gradient_of_difference(logits, classes);
  if (!classes.is_quotient()) return gradient;
  const Spread spread(logits, classes);
  const Tensor less_by_spread = (at(logits, classes.rival) - at(logits, classes.label)) / spread.size.square();
  const std::int64_t count = classes.last - classes.first + 1;
  gradient.div_(spread.size).scatter_add_(1, spread.order.narrow(1, 0, 1), -less_by_spread);
  return gradient.scatter_add_(1, spread.order.narrow(1, classes.first, count),
                               (less_by_spread / static_cast<double>(count)).expand({-1, count, -1}));
}

namespace {

Slope slope_by_autograd(models::Model& model, const Tensor& inputs, Objective objective, const Tensor& labels,
                        const Tensor& targets) {
  const torch::AutoGradMode with_gradients(true);
  const Frozen frozen(model);
  const Tensor x = inputs.detach().requires_grad_();
  const Tensor logits = model.forward(models::Inputs::per_lane(x), models::Mode::evaluate).logits;
  const Tensor by_logits = gradient_of(objective, logits.detach(), labels, targets);
  return {logits.detach(), torch::autograd::grad({logits}, {x}, {by_logits})[0]};
}

/// Below this size of its largest entry, a gradient may be what the roundings of 1 - tanh(x)^2 leave of it.
constexpr double suspicious = 1e-5;

Tensor some_of(const Tensor& classes, const Tensor& samples) {
  return classes.defined() ? classes.index_select(-1, samples) : classes;
}

}  // namespace

Slope slope(models::Model& model, const Tensor& inputs, Objective objective, const Tensor& labels,
            const Tensor& targets, models::Compute compute) {
  const models::ComputeScope scope(compute);
  if (!model.has_input_gradient()) return slope_by_autograd(model, inputs, objective, labels, targets);
  const auto pass = model.pass(models::Inputs::per_lane(inputs), models::Mode::evaluate);
  const Tensor by_logits = gradient_of(objective, pass->output.logits, labels, targets);
  return {pass->output.logits, model.input_gradient(*pass, by_logits).to(inputs.dtype())};
}

Slope steepest_slope(models::Model& model, const Tensor& inputs, Objective objective, const Tensor& labels,
                     const Tensor& targets, models::Compute compute) {
  Slope found = slope(model, inputs, objective, labels, targets, compute);
  const Tensor is_small = largest_entry(found.gradient) < suspicious;  // [E, B]
  const Tensor samples = is_small.any(0).nonzero().squeeze(1);
  if (samples.numel() == 0) return found;
  const models::SaturationScope scope(model.lanes(), /*keeps_scale=*/model.subtracts_origin());
  const Tensor again = slope_by_autograd(model, inputs.index_select(1, samples), objective, some_of(labels, samples),
                                         some_of(targets, samples))
                           .gradient;
  const Tensor before = found.gradient.index_select(1, samples);
  found.gradient = found.gradient.index_copy(
      1, samples, torch::where(is_small.index_select(1, samples).unsqueeze(-1), again, before));
  return found;
}

}  // namespace eigensweep::attacks
