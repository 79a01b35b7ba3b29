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

Tensor column(const Tensor& q) { return q.unsqueeze(1); }
Tensor row(const Tensor& q) { return q.unsqueeze(0); }

/// Its derivatives are closed forms of their own: composed of those of root and arc tangent they would be infinite, and
/// their difference no number, wherever u = v.
class Relu : public torch::autograd::Function<Relu> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& c, const Tensor& q1, const Tensor& q2) {
    const Tensor s = (column(q1) * row(q2) - c.square()).clamp_min(0).sqrt();
    const Tensor slope = (pi - torch::atan2(s, c)) / (2 * pi);
    context->save_for_backward({c, q1, q2, s, slope});
    return {s / (2 * pi) + slope * c, slope};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &c = saved[0], &q1 = saved[1], &q2 = saved[2], &s = saved[3], &slope = saved[4];
    // The slope has a cusp at u = v: any value between its two sides will do, and 0 is one.
    const Tensor inverse = torch::where(s > 1e-7 * (column(q1) * row(q2)).sqrt(), 1 / s, torch::zeros_like(s));
    const Tensor by_value = gradients[0] * s / (4 * pi);
    const Tensor by_slope = gradients[1] * inverse / (2 * pi);
    const Tensor both = by_value - by_slope * c / 2;
    return {gradients[0] * slope + by_slope, (both / column(q1)).sum(1), (both / row(q2)).sum(0)};
  }
};

Dual relu(const Tensor& c, const Tensor& q1, const Tensor& q2) {
  const variable_list both = Relu::apply(c, q1, q2);
  return {both[0], both[1]};
}

// Of tensors that broadcast.
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

Dual dual(const std::string& activation, const Tensor& c, const Tensor& q1, const Tensor& q2) {
  EIGENSWEEP_EXPECT(c.scalar_type() == torch::kFloat64 && c.size(0) == q1.size(0) && c.size(1) == q2.size(0));
  if (activation == "relu") return relu(c, q1, q2);
  if (activation == "erf") return erf(c, column(q1), row(q2));
  if (activation == "gelu") return gelu(c, column(q1), row(q2));
  if (activation == "tanh") return hermite_tanh(c, q1, q2);
  throw ContractViolation("no dual of an activation named '" + activation + "'");
}

Dual dual_diagonal(const std::string& activation, const Tensor& q) {
  if (activation == "relu") return {q / 2, torch::full_like(q, 0.5)};
  if (activation == "tanh") return integrated_tanh(q);
  if (activation == "erf") return erf(q, q, q);
  if (activation == "gelu") return gelu(q, q, q);
  throw ContractViolation("no dual of an activation named '" + activation + "'");
}

}  // namespace eigensweep::kernels
