// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/numerics/eigensystem.hpp"

namespace eigensweep::models {

/// The point about which second moments are taken: the mean (a covariance) or zero.
enum class About { mean, zero };

/// Covariances (or second moments about zero) of hidden layers over samples, in evaluation mode: one [E, N, N] float64
/// per layer asked for, divided by n. All lanes read the same `images` [n, d] (as in a DeviceDataset). `layers`: which
/// hidden layers, from 0, ascending; empty takes all. The network runs in its own precision. Centring and sums are
/// float64, about a shift near the mean, so that a mean much larger than the spread costs no digits. Samples run in
/// chunks of at most `chunk` (0: as many as a fraction of a GiB holds). A lane whose activations are not finite gets a
/// covariance that is not finite.
std::vector<Tensor> hidden_covariances(Model& model, const Tensor& images, const std::vector<std::size_t>& layers = {},
                                       std::int64_t chunk = 0, About about = About::mean);

/// Covariance eigenvalues, per unit, of layers with infinitely many units: those of the centred Gram matrix [n, n]
/// divided by n, repeated for each of `lanes`. Values only.
std::vector<Eigensystem> spectra_of_grams(const std::vector<Tensor>& grams, std::int64_t lanes, Wanted wanted);

/// The precision of a covariance's products. float32 sums at most 2048 of them before float64 takes over; it costs half
/// and leaves eigenvalues right to 1e-8 of the largest (docs/checks.md).
enum class Products { float64, float32 };

/// Decomposes the covariances of hidden layers, taken as in hidden_covariances(), each in its smaller form. The
/// decomposition, and everything in the dual form, is float64.
std::vector<Eigensystem> hidden_spectra(Model& model, const Tensor& images, Wanted wanted,
                                        const std::vector<std::size_t>& layers = {},
                                        Products products = Products::float64);

}  // namespace eigensweep::models
