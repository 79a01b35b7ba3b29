// SPDX-License-Identifier: MIT
#include "eigensweep/regularizers/spectral_penalty.hpp"

#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::regularizers {
namespace {

using torch::Tensor;

/// Far below any variance, and far enough above float32's least number that its inverse times growth is finite.
constexpr double least_anchor = 1e-30;

Tensor centred(const Tensor& activations) {
  Tensor result =
      models::empty_rows(activations.size(0), activations.size(1), activations.size(2), activations.options());
  return torch::sub_out(result, activations, activations.mean(2, /*keepdim=*/true));
}

}  // namespace

SpectralPenalty::SpectralPenalty(Tensor exponent, Tensor strength, std::int64_t cutoff)
    : exponent_(std::move(exponent)), strength_(std::move(strength)), cutoff_(cutoff) {}

void SpectralPenalty::prepare(std::int64_t known, std::int64_t width) {
  if (growth_.defined() && growth_.size(1) == known) return;
  const Tensor rank = torch::arange(1, known + 1, exponent_.options());  // n + 1
  minus_one_ = torch::full({known}, -1.0, exponent_.options());
  minus_one_.narrow(0, 0, cutoff_ + 1).zero_();
  growth_ = torch::pow((rank / static_cast<double>(cutoff_ + 1)).unsqueeze(0), exponent_.unsqueeze(1)) * -minus_one_;
  per_unit_ = strength_ / static_cast<double>(width);
  twice_per_unit_ = (2.0 * per_unit_).unsqueeze(1);
}

// On a GPU every line below is a kernel launch, so each term is formed once.
SpectralPenalty::Result SpectralPenalty::operator()(const Tensor& activations, const Tensor& basis) {
  const std::int64_t known = basis.size(2);
  EIGENSWEEP_EXPECT(activations.dim() == 3 && cutoff_ + 1 < known);
  const torch::NoGradGuard no_gradients;
  prepare(known, activations.size(1));
  Tensor projected = models::product(basis.transpose(1, 2), centred(activations));  // Z [E, R, B]
  const Tensor squares = torch::linalg_vector_norm(projected, 2, 2).square_();      // (B - 1) lambda
  const auto [sorted, order] = squares.sort(/*dim=*/1, /*descending=*/true);
  // Where nothing varies there is no target, and the least number keeps the slope 0.
  const Tensor anchor = sorted.narrow(1, cutoff_, 1).clamp_min(least_anchor);
  const Tensor inverse_target = growth_ / anchor;  // 1 / ((B - 1) gamma); 0 up to the cutoff
  // lambda / gamma - 1. Up to the cutoff it is 0, and along a direction in which nothing varies it is made 0: such
  // directions then add nothing to the value and to the slope.
  Tensor excess = torch::addcmul(minus_one_, sorted, inverse_target).masked_fill_(sorted.le(0), 0);
  // With a = excess + [excess > 0], the term excess^2 + max(0, excess) is excess a, and its slope is excess + a.
  const Tensor a = excess + excess.gt(0);
  const Tensor sum = torch::bmm(excess.unsqueeze(1), a.unsqueeze(2)).view({-1});
  const Tensor slope = excess.add_(a).mul_(inverse_target).mul_(twice_per_unit_);
  projected.mul_(torch::empty_like(slope).scatter_(1, order, slope).unsqueeze(2));
  Tensor gradient = models::product(basis, projected);
  // The rows of Z have zero mean but for rounding, which outweighs a layer that hardly varies.
  gradient.sub_(gradient.mean(2, /*keepdim=*/true));
  return {sum * per_unit_, std::move(gradient)};
}

}  // namespace eigensweep::regularizers
