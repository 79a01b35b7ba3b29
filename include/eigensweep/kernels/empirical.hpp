// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::kernels {

using torch::Tensor;

/// The empirical neural tangent kernel of E networks at n samples, by the structure of their affine layers (Novak,
/// Sohl-Dickstein, Schoenholz 2022, arXiv:2206.08720): one backward pass per logit and products of [n, N] matrices. The
/// Jacobian is never formed, except for a few units of a convolution at a time.
struct EmpiricalNtk {
  Tensor traced;  ///< [E, n, n] float64: mean over logits o of sum over parameters of df_o(x)/dtheta df_o(x')/dtheta
  Tensor shares;  ///< [E, L] float64: the affine layers' parts of its trace, input layer first; a row sums to 1
  Tensor full;    ///< [E, n C, n C] float64, a sample's logits together; undefined unless asked for
};

/// `x` [n, d]: what the networks read. Throws ContractViolation for a network that cannot trace its affine layers.
EmpiricalNtk empirical_ntk(models::Model& model, const Tensor& x, bool full = false);

/// J(x) v for `direction` v, a tensor [E, ...] per parameter: by how much the linearised networks' outputs change when
/// the parameters move by v, [E, C, n]. Differentiable in the inputs if asked for.
Tensor jacobian_product(models::Model& model, const models::Inputs& inputs, const std::vector<Tensor>& direction,
                        bool differentiable = false);

}  // namespace eigensweep::kernels
