// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::kernels {

using torch::Tensor;

/// Expectations of a nonlinearity phi over jointly Gaussian pre-activations (u, v) of mean 0.
struct Dual {
  Tensor value;  ///< E[phi(u) phi(v)]
  Tensor slope;  ///< E[phi'(u) phi'(v)], which is d value / d covariance
};

/// The dual of a nonlinearity ("relu", "erf", "gelu", "tanh") for all pairs: covariance c [..., n, m], variances q1
/// [..., n] and q2 [..., m], all float64. Result as c; differentiable once in all three, also where u = v (attacks
/// start at training samples) or a variance is 0 (black patches; relu's slope is 0 there, as in torch). Closed forms
/// (Cho, Saul 2009; Williams 1997; Tsuchida et al. 2021), for tanh the Hermite series: errors below 1e-12 for variances
/// up to 1, 1e-6 up to 30 (correlations up to 0.9).
Dual dual(const std::string& activation, const Tensor& c, const Tensor& q1, const Tensor& q2);

/// The part of the dual that depends on one side alone, computed once when that side has many partners.
struct Marginal {
  Tensor variance;      ///< [..., n]
  Tensor coefficients;  ///< of tanh's series, [..., n, terms]; else undefined
};
Marginal marginal(const std::string& activation, const Tensor& q);
Dual dual(const std::string& activation, const Tensor& c, const Marginal& u, const Marginal& v);

/// The same for v = u: variances q, result as q.
Dual dual_diagonal(const std::string& activation, const Tensor& q);

}  // namespace eigensweep::kernels
