// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/compute.hpp"

#include <ATen/Context.h>

#include "eigensweep/models/numerics/matrix_library.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

thread_local Compute innermost = Compute::float32;

// LibTorch has an older and a newer way to set this, and refuses operations if the two disagree.
void let_convolutions_use_tf32(bool wanted) {
  at::globalContext().setAllowTF32CuDNN(wanted);
  at::globalContext().setFloat32Precision(at::Float32Backend::CUDA, at::Float32Op::CONV,
                                          wanted ? at::Float32Precision::TF32 : at::Float32Precision::IEEE);
}

/// Lets cuBLAS use TF32 for its lifetime.
class ProductsInTf32 {
 public:
  ProductsInTf32() { at::globalContext().setFloat32MatmulPrecision("high"); }
  ~ProductsInTf32() { at::globalContext().setFloat32MatmulPrecision("highest"); }
  ProductsInTf32(const ProductsInTf32&) = delete;
  ProductsInTf32& operator=(const ProductsInTf32&) = delete;
};

/// Whether such products have operands of bfloat16 here, which is what makes them fast.
bool takes_bfloat16(const Tensor& a, Compute compute) {
  return compute == Compute::bfloat16 && (a.is_cuda() || (a.is_cpu() && uses_bfloat16_product()));
}

/// Without gradients. NVIDIA's GPUs round operands to TF32 themselves.
Tensor multiply(const Tensor& a, const Tensor& b, Compute compute) {
  const torch::NoGradGuard no_gradients;
  if (takes_bfloat16(a, compute)) {
    return a.is_cuda() ? at::bmm(a.to(torch::kBFloat16), b.to(torch::kBFloat16), torch::kFloat32)
                       : bfloat16_product(a, b);
  }
  if (a.is_cuda()) {
    const ProductsInTf32 allowed;
    return torch::bmm(a, b);
  }
  const ComputeScope operands_are_rounded(Compute::float32);
  return product(rounded(a, compute), rounded(b, compute));
}

class RoundedProduct : public torch::autograd::Function<RoundedProduct> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& a, const Tensor& b, Compute compute) {
    context->save_for_backward({a, b});
    context->saved_data["compute"] = static_cast<std::int64_t>(compute);
    return multiply(a, b, compute);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const auto compute = static_cast<Compute>(context->saved_data["compute"].toInt());
    variable_list result(3);
    if (context->needs_input_grad(0)) result[0] = rounded_product(gradients[0], saved[1].transpose(1, 2), compute);
    if (context->needs_input_grad(1)) result[1] = rounded_product(saved[0].transpose(1, 2), gradients[0], compute);
    return result;
  }
};

class RoundedOperand : public torch::autograd::Function<RoundedOperand> {
 public:
  static Tensor forward(AutogradContext*, const Tensor& x, Compute compute) { return rounded(x, compute); }
  static variable_list backward(AutogradContext*, const variable_list& gradients) { return {gradients[0], Tensor()}; }
};

class RoundedGradient : public torch::autograd::Function<RoundedGradient> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& y, Compute compute) {
    context->saved_data["compute"] = static_cast<std::int64_t>(compute);
    return y.view_as(y);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {rounded_operand(gradients[0], static_cast<Compute>(context->saved_data["compute"].toInt())), Tensor()};
  }
};

}  // namespace

ComputeScope::ComputeScope(Compute compute) : before_(innermost) {
  innermost = compute;
  if (compute != before_) let_convolutions_use_tf32(compute != Compute::float32);
}

ComputeScope::~ComputeScope() {
  if (innermost != before_) let_convolutions_use_tf32(before_ != Compute::float32);
  innermost = before_;
}

Compute ComputeScope::current() { return innermost; }

Tensor rounded(const Tensor& x, Compute compute) {
  const torch::NoGradGuard no_gradients;
  if (compute == Compute::float32 || x.scalar_type() != torch::kFloat32) return x;
  if (compute == Compute::bfloat16) return x.to(torch::kBFloat16).to(torch::kFloat32);
  constexpr std::int64_t dropped = 13;  // of a float's 23 bits after the leading one
  // The bits of a float without its sign are ordered as the numbers are, so half of a last kept place is added to them.
  const Tensor bits = x.view(torch::kInt32).add(std::int64_t{1} << (dropped - 1));
  return bits.bitwise_and_(-(std::int64_t{1} << dropped)).view(torch::kFloat32);
}

Tensor often_multiplied(const Tensor& x, Compute compute) {
  const torch::NoGradGuard no_gradients;
  return takes_bfloat16(x, compute) && x.scalar_type() == torch::kFloat32 ? x.to(torch::kBFloat16) : x;
}

Tensor rounded_product(const Tensor& a, const Tensor& b, Compute compute) {
  return RoundedProduct::apply(a, b, compute);
}

Tensor rounded_operand(const Tensor& x, Compute compute) {
  return compute == Compute::float32 ? x : RoundedOperand::apply(x, compute);
}

Tensor with_rounded_gradient(const Tensor& y, Compute compute) {
  return compute == Compute::float32 ? y : RoundedGradient::apply(y, compute);
}

}  // namespace eigensweep::models
