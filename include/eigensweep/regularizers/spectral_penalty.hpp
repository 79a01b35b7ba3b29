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
/// with tau = `cutoff`, alpha = `exponent`. Only the diagonal of V^T C V is ever formed: 2 B N^2 operations forward, 2
/// B N^2 back. The gradient is in closed form: dP/dH = 2 / (B - 1) V diag(dP/dlambda) Z.
///
/// Shapes: activations H [E, N, B]; basis V [E, N, R], R <= N eigenvectors in columns, in any order; exponent [E].
/// Along directions that the basis lacks, lambda counts as 0. Result: [E], differentiable once in H. Works in the dtype
/// of H (float32 in training, float64 in tests).
torch::Tensor spectral_penalty(const torch::Tensor& activations, const torch::Tensor& basis,
                               const torch::Tensor& exponent, std::int64_t cutoff);

}  // namespace eigensweep::regularizers
