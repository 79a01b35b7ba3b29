// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/dual.hpp"

#include <cmath>
#include <numbers>

#include "eigensweep/core/error.hpp"
#include "hermite.hpp"

namespace eigensweep::kernels {
namespace {

using std::numbers::pi;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor column(const Tensor& q) { return q.unsqueeze(-1); }
Tensor row(const Tensor& q) { return q.unsqueeze(-2); }

constexpr double rounding = 1e-14;  // relative rounding error of a covariance

Tensor inverse_of(const Tensor& q) { return torch::where(q > 0, 1 / q, torch::zeros_like(q)); }

/// The backward pass is in closed form: through root and arc tangent it would be infinity minus infinity where u = v.
class Relu : public torch::autograd::Function<Relu> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& c, const Tensor& q1, const Tensor& q2) {
    // Where u = v, s must be 0; the root would turn rounding errors there into 1e-8.
    const Tensor s = (column(q1) * row(q2 * (1 - rounding)) - c.square()).clamp_min(0).sqrt();
    Tensor slope = (pi - torch::atan2(s, c)) / (2 * pi);
    // Where a variance is 0 the slope is relu'(0) = 0, as in torch.
    for (const Tensor& nothing : {column(q1 == 0), row(q2 == 0)}) {
      if (nothing.any().item<bool>()) slope.masked_fill_(nothing, 0);
    }
    context->save_for_backward({c, q1, q2, s, slope});
    return {s / (2 * pi) + slope * c, slope};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &c = saved[0], &q1 = saved[1], &q2 = saved[2], &s = saved[3], &slope = saved[4];
    // The slope has a cusp at u = v. Any value between its one-sided derivatives will do; we take 0.
    const Tensor inverse = torch::where(s > 1e-7 * (column(q1) * row(q2)).sqrt(), 1 / s, torch::zeros_like(s));
    const Tensor by_value = gradients[0] * s / (4 * pi);
    const Tensor by_slope = gradients[1] * inverse / (2 * pi);
    const Tensor both = by_value - by_slope * c / 2;  // 0 where a variance is 0
    return {gradients[0] * slope + by_slope, both.sum(-1) * inverse_of(q1), both.sum(-2) * inverse_of(q2)};
  }
};

Dual relu(const Tensor& c, const Tensor& q1, const Tensor& q2) {
  const variable_list both = Relu::apply(c, q1, q2);
  return {both[0], both[1]};
}

// The tensors broadcast.
Dual erf(const Tensor& c, const Tensor& q1, const Tensor& q2) {
  const Tensor s = ((1 + 2 * q1) * (1 + 2 * q2) - 4 * c.square()).sqrt();
  return {torch::atan2(2 * c, s) * (2 / pi), (4 / pi) / s};
}

Dual gelu(const Tensor& c, const Tensor& q1, const Tensor& q2) {
  const Tensor product = q1 * q2;
  const Tensor whole = (1 + q1) * (1 + q2);
  const Tensor rest = whole - c.square();
  const Tensor s = rest.sqrt();
  const Tensor angle = torch::atan2(c, s);
  return {((c.square() + product * rest) / (whole * s) + c * angle) / (2 * pi) + c / 4,
          0.25 + angle / (2 * pi) + c / (2 * pi * s) * (1 / rest + (1 - product) / whole + 1)};
}

}  // namespace

Marginal marginal(const std::string& activation, const Tensor& q) {
  return {q, activation == "tanh" ? tanh_coefficients(q) : Tensor()};
}

Dual dual(const std::string& activation, const Tensor& c, const Marginal& u, const Marginal& v) {
  EIGENSWEEP_EXPECT(c.scalar_type() == torch::kFloat64 && c.size(-2) == u.variance.size(-1) &&
                    c.size(-1) == v.variance.size(-1));
  if (activation == "relu") return relu(c, u.variance, v.variance);
  if (activation == "erf") return erf(c, column(u.variance), row(v.variance));
  if (activation == "gelu") return gelu(c, column(u.variance), row(v.variance));
  if (activation == "tanh") return hermite_tanh(c, u, v);
  throw ContractViolation("no dual of an activation named '" + activation + "'");
}

Dual dual(const std::string& activation, const Tensor& c, const Tensor& q1, const Tensor& q2) {
  return dual(activation, c, marginal(activation, q1), marginal(activation, q2));
}

Dual dual_diagonal(const std::string& activation, const Tensor& q) {
  if (activation == "relu") return {q / 2, torch::full_like(q, 0.5)};
  if (activation == "tanh") return integrated_tanh(q);
  if (activation == "erf") return erf(q, q, q);
  if (activation == "gelu") return gelu(q, q, q);
  throw ContractViolation("no dual of an activation named '" + activation + "'");
}

}  // namespace eigensweep::kernels
