// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/product.hpp"

#include "eigensweep/models/numerics/compute.hpp"

namespace eigensweep::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t line = 16;        // floats of a cache line
constexpr std::int64_t many_rows = 256;  // with fewer rows, alignment brings nothing measurable

bool rounds_operands(const Tensor& a) {
  return ComputeScope::current() != Compute::float32 && a.scalar_type() != torch::kFloat64;
}

class Affine : public torch::autograd::Function<Affine> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& weight, const Tensor& bias, const Tensor& h) {
    context->save_for_backward({weight, h});
    return product(weight, h).add_(bias.unsqueeze(-1));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& gradient = gradients[0];
    const auto times = [](const Tensor& a, const Tensor& b) {
      return torch::GradMode::is_enabled() ? a.matmul(b) : product(a, b);  // matmul is differentiable
    };
    variable_list result(3);
    if (context->needs_input_grad(0)) result[0] = times(gradient, saved[1].transpose(1, 2));
    if (context->needs_input_grad(1)) result[1] = gradient.sum(2);
    if (context->needs_input_grad(2)) result[2] = times(saved[0].transpose(1, 2), gradient);
    return result;
  }
};

}  // namespace

bool runs_lane_by_lane(const Tensor& a) {
  constexpr std::int64_t large = 512;  // from so many rows on, one lane's product keeps all threads busy
  return a.size(0) == 1 || (a.is_cpu() && a.size(1) >= large);
}

Tensor empty_rows(std::int64_t lanes, std::int64_t rows, std::int64_t samples, const torch::TensorOptions& options) {
  const bool pays = options.device().is_cpu() && rows >= many_rows;
  const std::int64_t stride = pays ? (samples + line - 1) / line * line : samples;
  return torch::empty_strided({lanes, rows, samples}, {rows * stride, stride, 1}, options);
}

Tensor product(const Tensor& a, const Tensor& b) {
  const torch::NoGradGuard no_gradients;
  if (rounds_operands(a)) return rounded_product(a, b, ComputeScope::current());
  if (!runs_lane_by_lane(a)) return torch::bmm(a, b);
  Tensor result = empty_rows(a.size(0), a.size(1), b.size(2), b.options());
  for (std::int64_t lane = 0; lane < a.size(0); ++lane) {
    Tensor out = result[lane];
    torch::mm_out(out, a[lane], b[lane]);
  }
  return result;
}

void add_product(Tensor& sum, const Tensor& a, const Tensor& b) {
  const torch::NoGradGuard no_gradients;
  if (!sum.defined()) {
    sum = product(a, b);
    return;
  }
  if (rounds_operands(a)) {
    sum.add_(rounded_product(a, b, ComputeScope::current()));
    return;
  }
  if (!runs_lane_by_lane(a)) {
    sum.baddbmm_(a, b);
    return;
  }
  for (std::int64_t lane = 0; lane < a.size(0); ++lane) sum[lane].addmm_(a[lane], b[lane]);
}

Tensor affine(const Tensor& weight, const Tensor& bias, const Tensor& h) {
  if (rounds_operands(weight)) {
    const Tensor z = rounded_product(weight, h, ComputeScope::current());
    return bias.defined() ? z + bias.unsqueeze(-1) : z;
  }
  // A custom function takes no undefined tensor.
  if (!bias.defined()) return torch::GradMode::is_enabled() ? weight.matmul(h) : product(weight, h);
  if (runs_lane_by_lane(weight) && weight.size(1) >= many_rows) return Affine::apply(weight, bias, h);
  if (weight.size(0) == 1) return torch::addmm(bias[0].unsqueeze(-1), weight[0], h[0]).unsqueeze(0);
  return torch::baddbmm(bias.unsqueeze(-1), weight, h);
}

}  // namespace eigensweep::models
