// SPDX-License-Identifier: MIT
#include "saturation.hpp"

#include <cmath>
#include <numbers>
#include <optional>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/activation.hpp"

namespace eigensweep::models {
namespace {

using torch::Tensor;

struct Scope {
  std::int64_t lanes;
  bool keeps_scale;
};
thread_local std::optional<Scope> scope;

/// log f'(x).
Tensor log_slope(bool is_tanh, const Tensor& x) {
  if (!is_tanh) return x.square().neg_().add_(std::log(2 * std::numbers::inv_sqrtpi));
  const Tensor twice = x.abs().mul_(-2);
  return twice - 2 * twice.exp().log1p_() + 2 * std::numbers::ln2;
}

/// The largest entry of each sample and lane, in a shape that broadcasts to `x`.
Tensor largest(const Tensor& x, std::int64_t lanes) {
  if (x.dim() == 3) return x.amax(1, /*keepdim=*/true);
  const Tensor by_lane = x.reshape({x.size(0), lanes, -1}).amax(2);
  return by_lane.repeat_interleave(x.size(1) / lanes, 1).view({x.size(0), x.size(1), 1, 1});
}

struct Saturated : torch::autograd::Function<Saturated> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, bool is_tanh, std::int64_t lanes,
                        bool keeps_scale) {
    context->save_for_backward({x});
    context->saved_data["is_tanh"] = is_tanh;
    context->saved_data["lanes"] = lanes;
    context->saved_data["keeps_scale"] = keeps_scale;
    return is_tanh ? torch::tanh(x) : torch::erf(x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& by_value) {
    const Tensor x = context->get_saved_variables()[0];
    const Tensor& gradient = by_value[0];
    Tensor size = log_slope(context->saved_data["is_tanh"].toBool(), x).add_(gradient.abs().log_());
    if (!context->saved_data["keeps_scale"].toBool()) {
      const Tensor most = largest(size, context->saved_data["lanes"].toInt());
      size.sub_(most.masked_fill(most.isinf(), 0));  // a gradient of 0 stays 0
    }
    return {size.exp_().mul_(gradient.sign()), {}, {}, {}};
  }
};

}  // namespace

SaturationScope::SaturationScope(std::int64_t lanes, bool keeps_scale) {
  EIGENSWEEP_EXPECT(!scope);
  scope = Scope{lanes, keeps_scale};
}

SaturationScope::~SaturationScope() { scope.reset(); }

bool has_saturated_form(const std::string& name) { return scope && (name == "tanh" || name == "erf"); }

Tensor activate_saturated(const std::string& name, const Tensor& x) {
  return Saturated::apply(x, name == "tanh", scope->lanes, scope->keeps_scale);
}

}  // namespace eigensweep::models
