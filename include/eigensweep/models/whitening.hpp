// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"
#include "eigensweep/models/spectra.hpp"

namespace eigensweep::models {

/// The lower Cholesky factor of moments + ridge: [E, N, N]. A lane whose factorisation fails gets NaN, and true in
/// `failed` [E] if its moments were finite.
Tensor whitening_factor(const Tensor& moments, Tensor& failed);

/// L^-1 h for activations h [E, N, B], where L is the factor of the batch's second moments + 1e-5 I; h itself is not
/// centred. Differentiable through both the factor and the solve.
Tensor whiten_batch(const Tensor& activations, About about, Tensor& failed);

/// A whitening layer of E lanes. In training it uses the batch's own factor; in evaluation, the factor that refresh()
/// took over the whole training set and froze. Source: Nassar et al. 2020, section 4.2.
class Whitening {
 public:
  Whitening(std::int64_t lanes, std::int64_t width, About about, const torch::Device& device);

  /// [E, N, B] to [E, N, B].
  Tensor operator()(const Tensor& h, Mode mode);
  /// Recomputes the factor over `images` [n, d] and freezes it. This is hidden layer `layer` (from 0) of `model`.
  void refresh(Model& model, const Tensor& images, std::size_t layer);
  /// The frozen factor [E, N, N], to be stored with the network.
  [[nodiscard]] Tensor factor() const { return factor_; }
  /// Why the lane's activations could not be whitened at some time, or "". Waits for the device.
  [[nodiscard]] std::string trouble(std::int64_t lane) const;

 private:
  About about_;
  bool bypass_ = false;
  Tensor factor_;  // [E, N, N] float64
  Tensor failed_;  // [E] bool
};

}  // namespace eigensweep::models
