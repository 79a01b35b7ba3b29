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

/// Eigenvalues and -vectors of E symmetric positive semi-definite matrices.
struct Eigensystem {
  Tensor values;   ///< [E, N] float64, descending
  Tensor vectors;  ///< [E, N, N] float64, in columns; undefined when only values were asked for
  /// Per lane "", or in one line why its matrix could not be decomposed; its values and vectors are then NaN.
  std::vector<std::string> failures;
};

enum class Wanted { values, values_and_vectors };

/// One way to decompose one matrix [N, N]: {values [N], vectors [N, N] or undefined}, in any order; throws c10::Error.
using EigenRoute = std::function<std::pair<Tensor, Tensor>(const Tensor& matrix, Wanted wanted)>;

/// LAPACK's symmetric eigensolver, then, where that does not converge, the singular value decomposition (the same
/// thing for a covariance).
const std::vector<EigenRoute>& eigen_routes();

/// Decomposes every lane's matrix [E, N, N] by the first route that succeeds. Never throws for what a lane holds.
Eigensystem eigh_descending(const Tensor& covariance, Wanted wanted = Wanted::values_and_vectors,
                            const std::vector<EigenRoute>& routes = eigen_routes());

}  // namespace eigensweep::models
