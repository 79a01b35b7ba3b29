// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::regularizers {

/// The spectral penalty of one layer for E lanes (Nassar et al. 2020):
///
///   Hc = H - mean over samples;  Z = V^T Hc;  lambda_n = |Z_n|^2 / (B - 1), sorted in descending order, n = 0, 1, ...
///   kappa = lambda_tau (tau + 1)^alpha, a constant;  gamma_n = kappa (n + 1)^-alpha
///   P = 1/N sum over n > tau with lambda_n > 0 of (lambda_n / gamma_n - 1)^2 + max(0, lambda_n / gamma_n - 1)
///
/// with tau = `cutoff`, alpha = exponent. Only the diagonal of V^T C V is ever formed: 2 B N^2 operations forward, 2
/// B N^2 back. The derivative is in closed form: dP/dH = 2 / (B - 1) V diag(dP/dlambda) Z. As lambda enters by its
/// ratio to lambda_tau, the factor 1 / (B - 1) cancels.
///
/// Shapes: activations H [E, N, B]; basis V [E, N, R], R <= N eigenvectors in columns, in any order. Along directions
/// that the basis lacks, lambda counts as 0. Works in the dtype of H (float32 in training, float64 in tests).
class SpectralPenalty {
 public:
  /// `exponent` and `strength`: [E], on the device and in the dtype of H; the strength multiplies the penalty.
  SpectralPenalty(torch::Tensor exponent, torch::Tensor strength, std::int64_t cutoff);

  struct Result {
    torch::Tensor value;     ///< [E]
    torch::Tensor gradient;  ///< of the values' sum with respect to H: [E, N, B]
  };
  /// `activations` without a graph.
  Result operator()(const torch::Tensor& activations, const torch::Tensor& basis);

 private:
  /// Forms what does not change from step to step.
  void prepare(std::int64_t known, std::int64_t width);

  torch::Tensor exponent_;
  torch::Tensor strength_;
  std::int64_t cutoff_;
  torch::Tensor growth_;          // ((n + 1) / (tau + 1))^alpha, 0 for n <= tau: [E, R]
  torch::Tensor minus_one_;       // -1, 0 for n <= tau: [R]
  torch::Tensor per_unit_;        // strength / N: [E]
  torch::Tensor twice_per_unit_;  // [E, 1]
};

}  // namespace eigensweep::regularizers
