// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/kernels/dual.hpp"

namespace eigensweep::kernels {

/// The dual of tanh by its Hermite (Mehler) series: with rho = c / sqrt(q1 q2) and a_k(q) = E[tanh(sqrt(q) z) h_k(z)],
/// h_k the Hermite polynomial of norm 1, value = sum of a_k(q1) a_k(q2) rho^k. Shapes as dual().
Dual hermite_tanh(const Tensor& c, const Tensor& q1, const Tensor& q2);

/// E[tanh(u)^2] and E[tanh'(u)^2] for variances q [n], integrated directly: the series converges slowly there.
Dual integrated_tanh(const Tensor& q);

}  // namespace eigensweep::kernels
