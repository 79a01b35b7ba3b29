// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/eigensystem.hpp"

#include <limits>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/numerics/numerical.hpp"

namespace eigensweep::models {
namespace {

std::pair<Tensor, Tensor> by_symmetric_solver(const Tensor& matrix, Wanted wanted) {
  if (wanted == Wanted::values) return {torch::linalg_eigvalsh(matrix), Tensor()};
  auto [values, vectors] = torch::linalg_eigh(matrix);
  return {values, vectors};
}

std::pair<Tensor, Tensor> by_singular_values(const Tensor& matrix, Wanted wanted) {
  if (wanted == Wanted::values) return {torch::linalg_svdvals(matrix), Tensor()};
  auto [left, values, right] = torch::linalg_svd(matrix, false);
  return {values, left};
}

}  // namespace

const std::vector<EigenRoute>& eigen_routes() {
  static const std::vector<EigenRoute> routes{by_symmetric_solver, by_singular_values};
  return routes;
}

Eigensystem eigh_descending(const Tensor& covariance, Wanted wanted, const std::vector<EigenRoute>& routes) {
  const torch::NoGradGuard no_gradients;
  const std::int64_t lanes = covariance.size(0);
  Eigensystem system;
  system.failures.resize(static_cast<std::size_t>(lanes));
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  system.values = torch::full({lanes, covariance.size(1)}, nan, covariance.options());
  if (wanted == Wanted::values_and_vectors) system.vectors = torch::full_like(covariance, nan);
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    const Tensor matrix = covariance[lane];
    std::string& failure = system.failures[static_cast<std::size_t>(lane)];
    // LAPACK may never return from a matrix with NaN.
    if (!torch::isfinite(matrix).all().item<bool>()) {
      failure = "the covariance of a hidden layer is not finite";
      continue;
    }
    for (const EigenRoute& route : routes) {
      // Errors that are not the matrix's fault (the pack is too large, the device fails) pass through.
      failure = numerical_failure([&] {
        auto [values, vectors] = route(matrix, wanted);
        const auto [sorted, order] = values.sort(0, true);
        if (!torch::isfinite(sorted).all().item<bool>()) throw NumericalError("eigenvalues that are not finite");
        system.values[lane].copy_(sorted);
        if (vectors.defined()) system.vectors[lane].copy_(vectors.index_select(1, order));
      });
      if (failure.empty()) break;
      failure.insert(0, "the eigensolver gave up: ");
    }
  }
  return system;
}

Eigensystem eigh_dual(const Tensor& activations, Wanted wanted) {
  const torch::NoGradGuard no_gradients;
  const std::int64_t width = activations.size(1), samples = activations.size(2);
  EIGENSWEEP_EXPECT(samples < width);
  const Tensor centred = activations - activations.mean(2, /*keepdim=*/true);
  const Tensor gram = torch::bmm(centred.transpose(1, 2), centred) / static_cast<double>(samples);
  Eigensystem system = eigh_descending(gram, wanted);
  system.form = Form::dual;
  // Centring leaves at most n - 1 directions; the last eigenvalue is rounding error.
  const std::int64_t rank = samples - 1;
  if (system.vectors.defined()) {
    Tensor vectors = torch::bmm(centred, system.vectors.narrow(2, 0, rank));
    const Tensor norms = torch::linalg_vector_norm(vectors, 2, 1, /*keepdim=*/true);
    const Tensor is_noise = norms < 1e-7 * norms.amax(2, /*keepdim=*/true);
    system.vectors = torch::where(is_noise, 0.0, vectors / norms);
  }
  const Tensor failed = system.values.isnan().narrow(1, 0, 1);
  system.values = torch::constant_pad_nd(system.values.narrow(1, 0, rank).clamp_min(0), {0, width - rank});
  system.values.masked_fill_(failed, std::numeric_limits<double>::quiet_NaN());
  return system;
}

}  // namespace eigensweep::models
