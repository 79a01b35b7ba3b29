// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/kernels/dual.hpp"

namespace eigensweep::kernels {

/// E[tanh(sqrt(q) z) h_k(z)], h_k the Hermite polynomial of norm 1, for odd k = 1, 3, ... (tanh is odd, the others are
/// 0): variances q [..., n], result [..., n, terms]; more terms where a variance is large.
Tensor tanh_coefficients(const Tensor& q);

/// The dual of tanh by its Hermite (Mehler) series: with rho = c / sqrt(q1 q2) and a_k(q) the coefficients, value = sum
/// of a_k(q1) a_k(q2) rho^k. Shapes as dual(). If the sides have different numbers of terms, the smaller number is
/// enough, because the coefficients of the smaller variance decay faster.
Dual hermite_tanh(const Tensor& c, const Marginal& u, const Marginal& v);

/// E[tanh(u)^2] and E[tanh'(u)^2] for variances q, integrated directly: the series converges slowly there.
Dual integrated_tanh(const Tensor& q);

}  // namespace eigensweep::kernels
