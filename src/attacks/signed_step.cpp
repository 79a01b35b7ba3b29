// SPDX-License-Identifier: MIT
#include "signed_step.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace eigensweep::attacks {
namespace {

/// Whether the samples of each feature of [.., n, d] lie side by side in memory.
bool is_features_first(const Tensor& x) { return x.stride(-2) == 1 || x.size(-2) == 1; }

/// Returns whether any gradient is not finite.
bool step_row(float* x, const float* gradient, float length, const float* lower, const float* upper,
              std::int64_t count) {
  constexpr std::uint32_t exponent = 0x7F800000;  // all its bits are set in infinity and NaN
  std::uint32_t broken = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const float g = gradient[i];
    broken |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(g) & exponent) == exponent);
    const float moved = x[i] + length * (static_cast<float>(g > 0) - static_cast<float>(g < 0));
    const float above = moved < lower[i] ? lower[i] : moved;
    x[i] = above > upper[i] ? upper[i] : above;
  }
  return broken != 0;
}

Tensor step_on_cpu(Tensor& x, const Tensor& gradient, float length, const Tensor& lower, const Tensor& upper) {
  const std::int64_t lanes = x.size(0), rows = x.size(2), count = x.size(1);
  auto* to = x.mutable_data_ptr<float>();
  const auto *along = gradient.const_data_ptr<float>(), *low = lower.const_data_ptr<float>(),
             *high = upper.const_data_ptr<float>();
  const Tensor broken = torch::zeros({lanes, rows}, torch::kBool);
  auto* is_broken = broken.mutable_data_ptr<bool>();
  const std::int64_t grain = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, count));
  at::parallel_for(0, lanes * rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t lane = i / rows, row = i % rows;
      is_broken[i] = step_row(to + lane * x.stride(0) + row * x.stride(2),
                              along + lane * gradient.stride(0) + row * gradient.stride(2), length,
                              low + row * lower.stride(1), high + row * upper.stride(1), count);
    }
  });
  return torch::zeros({lanes, 1, 1})
      .masked_fill_(broken.any(1).view({lanes, 1, 1}), std::numeric_limits<float>::quiet_NaN());
}

}  // namespace

Tensor signed_step(Tensor& x, const Tensor& gradient, double length, const Tensor& lower, const Tensor& upper) {
  const auto all = {x, gradient, lower, upper};
  const bool is_fast = std::all_of(all.begin(), all.end(), [](const Tensor& tensor) {
    return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32 && is_features_first(tensor);
  });
  if (is_fast && gradient.sizes() == x.sizes()) {
    return step_on_cpu(x, gradient, static_cast<float>(length), lower, upper);
  }
  Tensor sum = gradient.sum({1, 2}, /*keepdim=*/true);
  x.add_(gradient.sign(), length).clamp_(lower, upper);
  return sum;
}

}  // namespace eigensweep::attacks
