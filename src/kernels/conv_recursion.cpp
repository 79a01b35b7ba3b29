// SPDX-License-Identifier: MIT
#include "conv_recursion.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "eigensweep/core/error.hpp"
#include "eigensweep/kernels/dual.hpp"

namespace eigensweep::kernels {
namespace {

void over_offsets(std::int64_t reach_y, std::int64_t reach_x,
                  const std::function<void(std::int64_t, std::int64_t)>& visit) {
  for (std::int64_t dy = -reach_y; dy <= reach_y; ++dy) {
    for (std::int64_t dx = -reach_x; dx <= reach_x; ++dx) visit(dy, dx);
  }
}

Marginal at_pairs(const Marginal& values, std::int64_t dy, std::int64_t dx, bool is_partner) {
  return {kernels::at_pairs(values.variance, dy, dx, is_partner),
          values.coefficients.defined() ? kernels::at_pairs(values.coefficients, dy, dx, is_partner) : Tensor()};
}

/// What the first convolution reads: [H, W, n, channels * kernel * kernel].
Tensor patches_of(const Plan& plan, const Tensor& x) {
  const ConvNetwork& network = plan.network;
  const Tensor images = x.view({x.size(0), network.input_shape[0], network.input_shape[1], network.input_shape[2]});
  const Tensor windows = images.unfold(2, network.kernel, network.stride).unfold(3, network.kernel, network.stride);
  return windows.permute({2, 3, 0, 1, 4, 5}).flatten(3).contiguous();  // of [n, C, H, W, k, k]
}

}  // namespace

Plan::Plan(const ConvNetwork& of) : network(of), y(axes(of, of.input_shape.at(1))), x(axes(of, of.input_shape.at(2))) {
  EIGENSWEEP_EXPECT(!y.empty());
}

std::int64_t Plan::positions() const { return y[0].map * x[0].map; }

std::int64_t Plan::position_pairs() const {
  const auto along = [](const Axis& axis) {
    return (2 * axis.map_reach + 1) * axis.map - axis.map_reach * (axis.map_reach + 1);
  };
  return along(y[0]) * along(x[0]);
}

Images Images::narrow(std::int64_t start, std::int64_t count) const {
  Images part{x.narrow(0, start, count), {{}, variances.dense.narrow(0, start, count)}};
  for (const Tensor& map : variances.maps) part.variances.maps.push_back(map.narrow(2, start, count));
  return part;
}

Variances variances_of(const Plan& plan, const Tensor& x) {
  const std::string& activation = plan.network.activation;
  const Tensor patches = patches_of(plan, x);
  const auto inputs = static_cast<double>(patches.size(3));
  Variances variances;
  Pairs pairs(plan.y[0].map_reach, plan.x[0].map_reach);
  over_offsets(pairs.reach_y, pairs.reach_x, [&](std::int64_t dy, std::int64_t dx) {
    const Tensor product = at_pairs(patches, dy, dx, false) * at_pairs(patches, dy, dx, true);
    pairs.at(dy, dx) = product.sum(3) / inputs;
  });
  for (std::size_t block = 0; block < plan.y.size(); ++block) {
    if (block > 0) pairs = convolved(pairs, plan.network.kernel, plan.network.stride, plan.y[block], plan.x[block]);
    const Tensor variance = plan.affine(pairs.centre());  // [H, W, n]
    variances.maps.push_back(variance);
    const Marginal alone = marginal(activation, variance.unsqueeze(-1));
    over_offsets(pairs.reach_y, pairs.reach_x, [&](std::int64_t dy, std::int64_t dx) {
      Tensor& covariance = pairs.at(dy, dx);
      if (dy == 0 && dx == 0) {
        covariance = dual_diagonal(activation, variance).value;
        return;
      }
      // In the recursion of an image with itself every position has one partner: [..., n, 1, 1].
      covariance = dual(activation, plan.affine(covariance).unsqueeze(-1).unsqueeze(-1), at_pairs(alone, dy, dx, false),
                        at_pairs(alone, dy, dx, true))
                       .value.squeeze(-1)
                       .squeeze(-1);
    });
    if (plan.network.pools) pairs = pooled(pairs, plan.y[block], plan.x[block]);
  }
  variances.dense = plan.affine(pairs.centre().mean(torch::IntArrayRef({0, 1})));
  return variances;
}

Limit recursion(const Plan& plan, const Images& a, const Images& b, bool with_hidden) {
  const ConvNetwork& network = plan.network;
  const Tensor patches = patches_of(plan, a.x), across = patches_of(plan, b.x).transpose(2, 3);
  const auto inputs = static_cast<double>(patches.size(3));
  Pairs gram(plan.y[0].map_reach, plan.x[0].map_reach), ntk = gram;
  over_offsets(gram.reach_y, gram.reach_x, [&](std::int64_t dy, std::int64_t dx) {
    gram.at(dy, dx) = at_pairs(patches, dy, dx, false).matmul(at_pairs(across, dy, dx, true)) / inputs;
  });
  Limit limit;
  for (std::size_t block = 0; block < plan.y.size(); ++block) {
    if (block > 0) {
      gram = convolved(gram, network.kernel, network.stride, plan.y[block], plan.x[block]);
      ntk = convolved(ntk, network.kernel, network.stride, plan.y[block], plan.x[block]);
    }
    const Marginal u = marginal(network.activation, a.variances.maps[block]),
                   v = marginal(network.activation, b.variances.maps[block]);
    over_offsets(gram.reach_y, gram.reach_x, [&](std::int64_t dy, std::int64_t dx) {
      const Tensor above = plan.affine(gram.at(dy, dx));
      const Tensor tangent = block == 0 ? above : torch::add(above, ntk.at(dy, dx), network.weight);
      const Dual both = dual(network.activation, above, at_pairs(u, dy, dx, false), at_pairs(v, dy, dx, true));
      gram.at(dy, dx) = both.value;
      ntk.at(dy, dx) = tangent * both.slope;
    });
    if (network.pools) {
      gram = pooled(gram, plan.y[block], plan.x[block]);
      ntk = pooled(ntk, plan.y[block], plan.x[block]);
    }
    if (with_hidden) limit.hidden.push_back(gram.centre().mean(torch::IntArrayRef({0, 1})));
  }
  const Tensor flat = plan.affine(gram.centre().mean(torch::IntArrayRef({0, 1})));
  const Tensor tangent = torch::add(flat, ntk.centre().mean(torch::IntArrayRef({0, 1})), network.weight);
  const Dual dense = dual(network.activation, flat, a.variances.dense, b.variances.dense);
  if (with_hidden) limit.hidden.push_back(dense.value);
  limit.nngp = plan.affine(dense.value);
  limit.ntk = torch::add(limit.nngp, tangent * dense.slope, network.weight);
  return limit;
}

}  // namespace eigensweep::kernels
