// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "eigensweep/data/torch.hpp"
#include "eigensweep/models/model.hpp"

namespace eigensweep::kernels {

using torch::Tensor;

/// Regression with the empirical tangent kernel of E networks at their present parameters: f(x) = sum over samples n
/// and logits p of T(x, n)_p A_np = J(x) v, with v = J(X)^T A. Predictions need no kernel with X, and attacks
/// differentiate it like any other network. Outputs start at 0.
class TangentNetwork final : public models::Model {
 public:
  /// Fits to the end of training (fit_to_the_end) on samples `x` [n, d], as the network reads them, with targets [n,
  /// C]. Holds a kernel of 8 (n C)^2 bytes. `network` must outlive this one. A lane whose kernel is singular or not
  /// finite predicts NaN.
  TangentNetwork(models::Model& network, const Tensor& x, const Tensor& targets);

  [[nodiscard]] std::int64_t hidden_numbers() const override { return hidden_numbers_; }
  /// Per lane why there is no regression, in one line, or "".
  [[nodiscard]] const std::vector<std::string>& failures() const noexcept { return failures_; }

 private:
  models::Output run(const models::Inputs& inputs, models::Mode mode) override;

  models::Model& network_;
  std::vector<std::string> failures_;
  std::vector<Tensor> direction_;  // v, a tensor [E, ...] per parameter
  std::int64_t hidden_numbers_;
};

}  // namespace eigensweep::kernels
