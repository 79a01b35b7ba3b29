// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::models {

/// About what second moments are taken: a covariance's mean, or zero.
enum class About { mean, zero };

/// Covariances (or second moments about zero) of hidden layers over samples, in evaluation mode: one [E, N, N] float64
/// per layer asked for, divided by n. All lanes read the same `images` [n, d] (bytes). `layers`: which hidden layers,
/// from 0, ascending; empty takes all. The network runs in float32; centring and sums are float64, about a shift near
/// the mean, so that a mean large against the spread costs no digits. Samples run in chunks of at most `chunk` (0: as
/// many as a fraction of a GiB holds). A lane whose activations are not finite gets a covariance that is not finite.
std::vector<Tensor> hidden_covariances(Model& model, const Tensor& images, const std::vector<std::size_t>& layers = {},
                                       std::int64_t chunk = 0, About about = About::mean);

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

/// One way to decompose one matrix [N, N]: {values [N], vectors [N, N] or undefined}, in any order; throws
/// c10::LinAlgError where it fails on the matrix.
using EigenRoute = std::function<std::pair<Tensor, Tensor>(const Tensor& matrix, Wanted wanted)>;

/// LAPACK's symmetric eigensolver, then, where that does not converge, the singular value decomposition (the same
/// thing for a covariance).
const std::vector<EigenRoute>& eigen_routes();

/// Decomposes every lane's matrix [E, N, N] by the first route that succeeds. Never throws for what a lane holds;
/// throws what no matrix is to blame for (out of memory, a failing device).
Eigensystem eigh_descending(const Tensor& covariance, Wanted wanted = Wanted::values_and_vectors,
                            const std::vector<EigenRoute>& routes = eigen_routes());

/// Eigenvalues and -vectors of the covariance of activations [E, N, n] float64 by way of the Gram matrix: H^T H / n =
/// U diag(l) U^T has the covariance's non-zero eigenvalues, and its eigenvectors are H U, normalised. Wants n < N. A
/// direction in which rounding is all there is gets a vector of zeros.
Eigensystem eigh_dual(const Tensor& activations, Wanted wanted);

/// Eigenvalues of the covariance of a layer with infinitely many units, per unit: those of the centred Gram matrix
/// [n, n] over n, for each of its `lanes`. No vectors.
std::vector<Eigensystem> spectra_of_grams(const std::vector<Tensor>& grams, std::int64_t lanes, Wanted wanted);

/// In what a covariance's products are taken; they are always summed up in float64. float32 costs half and leaves
/// eigenvalues right to 1e-8 of the largest (docs/checks.md).
enum class Products { float64, float32 };

/// Decomposes the covariances of hidden layers as hidden_covariances() takes them, each in the form that is smaller.
/// The decomposition itself, and all of the dual form, is float64.
std::vector<Eigensystem> hidden_spectra(Model& model, const Tensor& images, Wanted wanted,
                                        const std::vector<std::size_t>& layers = {},
                                        Products products = Products::float64);

}  // namespace eigensweep::models
