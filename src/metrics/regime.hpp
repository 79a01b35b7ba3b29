// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/kernels/empirical.hpp"
#include "eigensweep/metrics/metric.hpp"

namespace eigensweep::metrics {

using torch::Tensor;

/// By column name, [E, ...] float64 (grams float32).
using Columns = std::map<std::string, Tensor>;

/// The lanes' networks at initialisation, recomputed from their seeds.
std::unique_ptr<models::Model> initial_networks(const Subject& subject);

/// Per lane the first layer whose activations on samples `x` [n, d] are not finite, in words, or "".
std::vector<std::string> lost_activations(models::Model& model, const Tensor& x);

/// One lane's share of the columns.
Measurement lane_of(const Columns& columns, std::int64_t lane);

/// Eigenvalues of symmetric matrices [E, n, n] in descending order, [E, n]; NaN for a matrix that is not finite.
Tensor eigenvalues_of(const Tensor& kernels);

/// Adds the columns "ntk_eigenvalues", "ntk_exponent" and "ntk_fit_ranks", their names ending in `moment`, of tangent
/// kernels [E, n, n]. The power law is fitted as the metric "spectrum" does by default.
void add_spectrum(const Tensor& kernels, const std::string& moment, Columns& columns);

/// The Frobenius norm and the largest singular value of d logits / d inputs, each a mean over samples `x` [n, d]: [E].
struct InputJacobian {
  Tensor norm, top;
};
InputJacobian input_jacobian(models::Model& model, const Tensor& x);

/// E networks at initialisation, the reference for what training changes.
class Origin {
 public:
  /// `x` [n, d], `labels` [n]: the probe samples.
  Origin(const Subject& subject, const Tensor& x, const Tensor& labels);

  /// What is measured on the networks at initialisation alone; names end in "_initial".
  [[nodiscard]] Columns alone();
  /// Compares the networks at a later moment, `model`, with those at initialisation. Its parameters no longer require
  /// gradients afterwards.
  [[nodiscard]] Columns against(models::Model& model);

 private:
  void weights(models::Model& model, Columns& columns) const;
  void features(const models::Output& now, Columns& columns) const;
  void linearisation(models::Model& model, const models::Output& now, Columns& columns);

  std::unique_ptr<models::Model> initial_;
  Tensor x_, labels_;
  models::Output output_;
  kernels::EmpiricalNtk ntk_;
};

}  // namespace eigensweep::metrics
