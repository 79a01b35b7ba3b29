// SPDX-License-Identifier: MIT
#include "eigensweep/regularizers/spectral_penalty.hpp"

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::regularizers {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor centred(const Tensor& activations) {
  Tensor result = models::empty_rows_like(activations);
  return torch::sub_out(result, activations, activations.mean(2, /*keepdim=*/true));
}

// P and dP/dlambda for given lambda [E, R] of a layer with `width` units, both in the order of `lambda`.
std::pair<Tensor, Tensor> penalty_of_spectrum(const Tensor& lambda, const Tensor& exponent, std::int64_t cutoff,
                                              std::int64_t width) {
  const std::int64_t known = lambda.size(1);
  const auto [sorted, order] = lambda.sort(/*dim=*/1, /*descending=*/true);
  const Tensor rank = torch::arange(cutoff + 1, known, lambda.options()) + 1.0;  // n + 1 for n > tau
  const Tensor tail = sorted.narrow(1, cutoff + 1, known - cutoff - 1);
  const Tensor anchor = sorted.narrow(1, cutoff, 1);
  // 1 / gamma_n = ((n + 1) / (tau + 1))^alpha / lambda_tau
  const Tensor inverse_target =
      torch::pow((rank / static_cast<double>(cutoff + 1)).unsqueeze(0), exponent.unsqueeze(1)) / anchor;
  const Tensor excess = tail * inverse_target - 1.0;
  const Tensor above = torch::relu(excess);
  const Tensor counts = tail.gt(0);
  const double scale = 1.0 / static_cast<double>(width);
  const Tensor value = torch::where(counts, excess.square() + above, torch::zeros_like(tail)).sum(1) * scale;
  const Tensor slope =
      torch::where(counts, (2.0 * excess + excess.gt(0)) * inverse_target, torch::zeros_like(tail)) * scale;
  Tensor derivative = torch::zeros_like(lambda);
  derivative.scatter_(1, order.narrow(1, cutoff + 1, known - cutoff - 1), slope);
  return {value, derivative};
}

class SpectralPenalty : public torch::autograd::Function<SpectralPenalty> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& activations, const Tensor& basis,
                        const Tensor& exponent, std::int64_t cutoff) {
    const auto samples = static_cast<double>(activations.size(2));
    Tensor projected = models::product(basis.transpose(1, 2), centred(activations));  // Z [E, R, B]
    const Tensor lambda = torch::linalg_vector_norm(projected, 2, 2).square() / (samples - 1.0);
    auto [value, derivative] = penalty_of_spectrum(lambda, exponent, cutoff, activations.size(1));
    context->save_for_backward({basis, projected, derivative * (2.0 / (samples - 1.0))});
    return value;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    // Only this pass uses Z, and only once, so it is scaled in place. Its rows have zero mean, so the gradient's rows
    // do too, and centring adds no term.
    Tensor projected = saved[1];
    projected.mul_((saved[2] * gradients[0].unsqueeze(1)).unsqueeze(2));
    return {models::product(saved[0], projected), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

torch::Tensor spectral_penalty(const Tensor& activations, const Tensor& basis, const Tensor& exponent,
                               std::int64_t cutoff) {
  EIGENSWEEP_EXPECT(activations.dim() == 3 && cutoff + 1 < basis.size(2));
  return SpectralPenalty::apply(activations, basis, exponent, cutoff);
}

}  // namespace eigensweep::regularizers
