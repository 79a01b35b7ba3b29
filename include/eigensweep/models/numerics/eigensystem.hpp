// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::models {

using torch::Tensor;

/// What was decomposed: the units' covariance [N, N], or with fewer samples than units the samples' Gram matrix [n, n].
enum class Form { primal, dual };

/// Eigenvalues and -vectors of E symmetric positive semi-definite matrices.
struct Eigensystem {
  Tensor values;   ///< [E, N] float64, descending; in the dual form the last N - n + 1 are 0
  Tensor vectors;  ///< [E, N, R] float64, in columns; undefined when only values were asked for. R = N, dual: n - 1
  Form form = Form::primal;
  /// Per lane "", or in one line why its matrix could not be decomposed; its values and vectors are then NaN.
  std::vector<std::string> failures;
};

enum class Wanted { values, values_and_vectors };

/// One way to decompose matrices [..., N, N]: {values [..., N], vectors [..., N, N] or undefined}, in any order; throws
/// c10::LinAlgError if it fails for one of them.
using EigenRoute = std::function<std::pair<Tensor, Tensor>(const Tensor& matrices, Wanted wanted)>;

/// LAPACK's symmetric eigensolver; if that does not converge, the singular value decomposition (equivalent for a
/// covariance).
const std::vector<EigenRoute>& eigen_routes();

/// Decomposes every lane's matrix [E, N, N] by the first route that succeeds. A matrix that cannot be decomposed is
/// noted in `failures`. Only errors that are not a matrix's fault are thrown (out of memory, a failing device).
///
/// A GPU gets all lanes in one call, and is waited for once. On a CPU small matrices, and as many as there are threads,
/// are decomposed side by side, each on one thread; others one after another, each on all threads. LAPACK's last digits
/// depend on the number of threads.
Eigensystem eigh_descending(const Tensor& covariance, Wanted wanted = Wanted::values_and_vectors,
                            const std::vector<EigenRoute>& routes = eigen_routes());

/// Eigenvalues and -vectors of the covariance of activations [E, N, n] float64 by way of the Gram matrix: H^T H / n = U
/// diag(l) U^T has the covariance's non-zero eigenvalues, and its eigenvectors are H U, normalised. Needs n < N. A
/// direction that holds only rounding errors gets a vector of zeros.
Eigensystem eigh_dual(const Tensor& activations, Wanted wanted);

}  // namespace eigensweep::models
