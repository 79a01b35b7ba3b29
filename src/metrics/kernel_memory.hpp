// SPDX-License-Identifier: MIT
// The memory that kernel metrics hold at once, counted from the tensors of kernels/empirical.cpp,
// kernels/regression.cpp and metrics/regime.cpp. Float64 has 8 bytes, float32 4.
#pragma once

#include <algorithm>
#include <cstdint>

#include "eigensweep/study/declare/kind.hpp"

namespace eigensweep::metrics {

/// A worker keeps freed memory until its pack ends, and reuses it in pieces, so it grows to this multiple of what is
/// held at once (measured: 1.2 to 1.8 times).
constexpr double reuse = 1.4;

inline bool is_infinite(const study::WorkContext& context) { return context.model.infinite_layers > 0; }

/// How many of the `asked` samples are there.
inline double taken(double asked, std::int64_t there) { return std::min(asked, static_cast<double>(there)); }

/// Bytes of the tangent kernel of `samples` samples of a finite network. `full`: of all logits too, [n C, n C].
inline double tangent_bytes(const study::WorkContext& context, double samples, bool full) {
  constexpr double traced_matrices = 6, full_matrices = 4;
  constexpr double most_numbers = 1 << 25;  // of a convolution's derivatives, as kernels/empirical.cpp has it
  const study::ModelShape& model = context.model;
  const double rows = samples * static_cast<double>(context.dataset.classes);
  // All dense layers of a network have one width; convolutions may come before them.
  const std::int64_t width = model.hidden_widths.empty() ? 0 : model.hidden_widths.back();
  const auto widest = static_cast<double>(std::max(context.dataset.classes, width));
  // Every logit's derivatives by every layer's output; those of one layer once more, in float32 and float64.
  double bytes = 4 * rows * static_cast<double>(model.outputs) + 12 * rows * widest;
  bytes += 8 * traced_matrices * samples * samples;
  if (full) bytes += 8 * full_matrices * rows * rows;
  bytes += 12 * samples * static_cast<double>(model.patches);
  // A convolution's derivatives by its weights, in parts and concatenated.
  bytes += 2 * 8 * std::min(most_numbers, rows * static_cast<double>(model.filters));
  return reuse * bytes;
}

/// Bytes of the derivatives of all logits by the inputs: each logit's, all concatenated, and these in float64.
inline double input_jacobian_bytes(const study::WorkContext& context, double samples) {
  return 16 * samples * static_cast<double>(context.dataset.classes * context.dataset.input_size());
}

/// Bytes of the kernel between `samples` samples and the training set, differentiated, at infinite width.
inline double limit_gradient_bytes(const study::WorkContext& context, double samples) {
  constexpr double numbers_per_pair = 40;  // of a dense layer's recursion, as kernels/limit_network.cpp has it
  const auto training = static_cast<double>(context.dataset.train_samples);
  const auto layers = static_cast<double>(context.model.infinite_layers) + 1;
  // Convolutions are computed in blocks, but the variances of every training image are held.
  if (context.model.patches > 0) return 8 * training * (4 * samples + static_cast<double>(context.model.patches));
  return reuse * 8 * numbers_per_pair * layers * samples * training;
}

/// Bytes of the Gram matrices of every hidden layer at infinite width, with both kernels and a solver's copies.
inline double limit_gram_bytes(const study::WorkContext& context, double samples) {
  constexpr double beside = 2 + 3;
  return 8 * (static_cast<double>(context.model.infinite_layers) + beside) * samples * samples;
}

}  // namespace eigensweep::metrics
