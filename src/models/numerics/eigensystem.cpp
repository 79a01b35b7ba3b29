// SPDX-License-Identifier: MIT
#include "eigensweep/models/numerics/eigensystem.hpp"

#include <ATen/Parallel.h>

#include <limits>
#include <tuple>

#include "eigensweep/core/error.hpp"
#include "eigensweep/models/numerics/numerical.hpp"

namespace eigensweep::models {
namespace {

constexpr const char* not_finite = "the covariance of a hidden layer is not finite";
constexpr const char* not_finite_values = "eigenvalues that are not finite";
const std::string gave_up = "the eigensolver gave up: ";
constexpr std::int64_t small_width = 256;  // LAPACK gains little by a second thread

std::pair<Tensor, Tensor> by_symmetric_solver(const Tensor& matrices, Wanted wanted) {
  if (wanted == Wanted::values) return {torch::linalg_eigvalsh(matrices), Tensor()};
  auto [values, vectors] = torch::linalg_eigh(matrices);
  return {values, vectors};
}

std::pair<Tensor, Tensor> by_singular_values(const Tensor& matrices, Wanted wanted) {
  if (wanted == Wanted::values) return {torch::linalg_svdvals(matrices), Tensor()};
  auto [left, values, right] = torch::linalg_svd(matrices, false);
  return {values, left};
}

/// Decomposes one lane by the routes from the `first` on.
void decompose_lane(const Tensor& covariance, Wanted wanted, const std::vector<EigenRoute>& routes, std::size_t first,
                    std::int64_t lane, Eigensystem& system) {
  const torch::NoGradGuard no_gradients;  // of this thread
  const Tensor matrix = covariance[lane];
  std::string& failure = system.failures[static_cast<std::size_t>(lane)];
  // LAPACK may never return from a matrix with NaN.
  if (!torch::isfinite(matrix).all().item<bool>()) {
    failure = not_finite;
    return;
  }
  for (std::size_t route = first; route < routes.size(); ++route) {
    // Errors that are not the matrix's fault (the pack is too large, the device fails) pass through.
    failure = numerical_failure([&] {
      auto [values, vectors] = routes[route](matrix, wanted);
      const auto [sorted, order] = values.sort(0, true);
      if (!torch::isfinite(sorted).all().item<bool>()) throw NumericalError(not_finite_values);
      system.values[lane].copy_(sorted);
      if (vectors.defined()) system.vectors[lane].copy_(vectors.index_select(1, order));
    });
    if (failure.empty()) break;
    failure.insert(0, gave_up);
  }
}

/// Decomposes all lanes by the first route and waits once. Lanes that it fails for go on with the next one, each by
/// itself. Returns false if it fails as a whole, which does not say for which lanes.
bool decompose_at_once(const Tensor& covariance, Wanted wanted, const std::vector<EigenRoute>& routes,
                       Eigensystem& system) {
  const Tensor finite = torch::isfinite(covariance).flatten(1).all(1);  // [E]
  Tensor values, vectors;
  const std::string failure = numerical_failure([&] {
    std::tie(values, vectors) = routes.front()(torch::where(finite.view({-1, 1, 1}), covariance, 0.0), wanted);
  });
  if (!failure.empty()) return false;
  auto [sorted, order] = values.sort(1, /*descending=*/true);
  const Tensor good = torch::isfinite(sorted).all(1);
  const Tensor verdicts = torch::stack({finite, good}).cpu();  // the wait
  const auto lost = finite.logical_and(good).logical_not_();
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  system.values = sorted.masked_fill_(lost.unsqueeze(1), nan);
  if (vectors.defined()) {
    system.vectors = vectors.gather(2, order.unsqueeze(1).expand_as(vectors)).masked_fill_(lost.view({-1, 1, 1}), nan);
  }
  for (std::int64_t lane = 0; lane < covariance.size(0); ++lane) {
    if (!verdicts[0][lane].item<bool>()) {
      system.failures[static_cast<std::size_t>(lane)] = not_finite;
    } else if (!verdicts[1][lane].item<bool>()) {
      system.failures[static_cast<std::size_t>(lane)] = gave_up + not_finite_values;
      decompose_lane(covariance, wanted, routes, 1, lane, system);
    }
  }
  return true;
}

/// Whether the CPU's threads take a matrix each.
bool pays_a_thread_each(const Tensor& covariance) {
  const std::int64_t lanes = covariance.size(0), threads = at::get_num_threads();
  if (!covariance.is_cpu() || lanes == 1 || threads == 1) return false;
  return covariance.size(1) <= small_width || lanes >= threads;
}

}  // namespace

const std::vector<EigenRoute>& eigen_routes() {
  static const std::vector<EigenRoute> routes{by_symmetric_solver, by_singular_values};
  return routes;
}

Eigensystem eigh_descending(const Tensor& covariance, Wanted wanted, const std::vector<EigenRoute>& routes) {
  const torch::NoGradGuard no_gradients;
  Eigensystem system;
  system.failures.resize(static_cast<std::size_t>(covariance.size(0)));
  if (!covariance.is_cpu() && decompose_at_once(covariance, wanted, routes, system)) return system;
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  system.values = torch::full({covariance.size(0), covariance.size(1)}, nan, covariance.options());
  if (wanted == Wanted::values_and_vectors) system.vectors = torch::full_like(covariance, nan);
  const auto decompose = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t lane = begin; lane < end; ++lane) decompose_lane(covariance, wanted, routes, 0, lane, system);
  };
  if (pays_a_thread_each(covariance)) {
    at::parallel_for(0, covariance.size(0), 1, decompose);
  } else {
    decompose(0, covariance.size(0));
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
