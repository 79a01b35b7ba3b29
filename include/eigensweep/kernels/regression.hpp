// SPDX-License-Identifier: MIT
#pragma once

#include "eigensweep/data/torch.hpp"

namespace eigensweep::kernels {

using torch::Tensor;

/// Gradient flow on the loss 1/(2 n C) |f - y|^2, from outputs that start at 0: f_t(x) = k(x, X) A with
/// A = K^-1 (1 - exp(-K t / (n C))) Y, which depends on the training set alone.
struct Fit {
  Tensor coefficients;  ///< A [n, C] float64
  double jitter = 0;    ///< what was added to the diagonal, relative to its mean, to make the kernel positive definite
};

/// The end of training, t = infinity: kernel regression. `kernel` [n, n], `targets` [n, C], both float64. Cholesky,
/// with a jitter that starts at 1e-10 of the diagonal's mean and grows tenfold until the factorisation succeeds; throws
/// NumericalError beyond 1e-4.
Fit fit_to_the_end(const Tensor& kernel, const Tensor& targets);

/// The states before the end, from the kernel's eigenvectors, without jitter.
class GradientFlow {
 public:
  /// Throws NumericalError for a kernel that is not finite.
  GradientFlow(const Tensor& kernel, const Tensor& targets);
  /// A [n, C] after `time` (learning rate times steps).
  [[nodiscard]] Tensor coefficients(double time) const;
  /// Mean over samples and outputs of the squared error on the training set.
  [[nodiscard]] double loss(double time) const;

 private:
  Tensor values_;     // [n] eigenvalues, at least 0
  Tensor vectors_;    // [n, n]
  Tensor projected_;  // [n, C] targets along the eigenvectors
};

}  // namespace eigensweep::kernels
