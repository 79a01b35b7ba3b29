// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/numerics/eigensystem.hpp"

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
