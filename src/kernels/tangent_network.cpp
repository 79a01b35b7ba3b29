// SPDX-License-Identifier: MIT
#include "eigensweep/kernels/tangent_network.hpp"

#include <limits>

#include "eigensweep/kernels/empirical.hpp"
#include "eigensweep/kernels/regression.hpp"
#include "eigensweep/models/footprint.hpp"
#include "eigensweep/models/numerics/numerical.hpp"

namespace eigensweep::kernels {
namespace {

/// A [E, n, C] of each lane's full kernel [n C, n C], a sample's logits together; NaN where `failures` says why.
Tensor coefficients(const Tensor& kernels, const Tensor& targets, std::vector<std::string>& failures) {
  const Tensor y = targets.to(torch::kFloat64);
  std::vector<Tensor> lanes;
  for (std::int64_t lane = 0; lane < kernels.size(0); ++lane) {
    Tensor a = torch::full_like(y, std::numeric_limits<double>::quiet_NaN());
    failures.push_back(models::numerical_failure([&] {
      a = fit_to_the_end(kernels[lane], y.reshape({-1, 1})).coefficients.view_as(y);
    }));
    lanes.push_back(a);
  }
  return torch::stack(lanes);
}

}  // namespace

TangentNetwork::TangentNetwork(models::Model& network, const Tensor& x, const Tensor& targets)
    : network_(network), hidden_numbers_(4 * models::activations_per_sample(network, x.size(1), x.device())) {
  lanes_ = network.lanes();
  const Tensor a =
      coefficients(empirical_ntk(network, x, /*full=*/true).full, targets, failures_).transpose(1, 2);  // [E, C, n]
  const torch::AutoGradMode with_gradients(true);
  std::vector<Tensor> parameters;
  for (models::NamedTensor& named : network.parameters()) parameters.push_back(named.tensor.requires_grad_(true));
  const Tensor logits = network.forward(models::Inputs::shared(x, lanes_), models::Mode::evaluate).logits;
  direction_ = torch::autograd::grad({(logits * a.to(logits.scalar_type())).sum()}, parameters);
}

models::Output TangentNetwork::run(const models::Inputs& inputs, models::Mode) {
  const bool is_differentiated = torch::GradMode::is_enabled();
  const Tensor logits = jacobian_product(network_, inputs, direction_, is_differentiated);
  return {is_differentiated ? logits : logits.detach(), {}, {}};
}

}  // namespace eigensweep::kernels
