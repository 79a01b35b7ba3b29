// SPDX-License-Identifier: MIT
#include "eigensweep/models/dense.hpp"

#include <algorithm>
#include <cmath>

#include "eigensweep/models/numerics/product.hpp"

namespace eigensweep::models {
namespace {

bool are_equal(const std::vector<std::int64_t>& counts) {
  return std::all_of(counts.begin(), counts.end(), [&](std::int64_t count) { return count == counts.front(); });
}

}  // namespace

Tensor affine_of_inputs(const Tensor& weight, const Tensor& bias, const Inputs& inputs) {
  const std::int64_t lanes = weight.size(0);
  const std::int64_t width = weight.size(1);
  const std::int64_t size = weight.size(2);
  const std::int64_t groups = inputs.x.size(0);
  const std::int64_t batch = inputs.x.size(1);
  if (are_equal(inputs.lanes)) {
    const std::int64_t rows = inputs.lanes.front() * width;
    const Tensor shifts = bias.defined() ? bias.view({groups, rows}) : bias;
    return affine(weight.view({groups, rows, size}), shifts, inputs.x.transpose(1, 2)).view({lanes, width, batch});
  }
  std::vector<Tensor> parts;
  std::int64_t first = 0;
  for (std::int64_t group = 0; group < groups; ++group) {
    const std::int64_t count = inputs.lanes[static_cast<std::size_t>(group)];
    const Tensor shifts = bias.defined() ? bias.narrow(0, first, count).reshape({1, -1}) : bias;
    const Tensor part =
        affine(weight.narrow(0, first, count).reshape({1, -1, size}), shifts, inputs.x[group].t().unsqueeze(0));
    parts.push_back(part.view({count, width, batch}));
    first += count;
  }
  return torch::cat(parts);
}

Tensor weight_gradient_of_inputs(const Tensor& gradient, const Inputs& inputs) {
  const std::int64_t lanes = gradient.size(0);
  const std::int64_t width = gradient.size(1);
  const std::int64_t groups = inputs.x.size(0);
  const std::int64_t batch = inputs.x.size(1);
  const std::int64_t size = inputs.x.size(2);
  if (are_equal(inputs.lanes)) {
    const std::int64_t rows = inputs.lanes.front() * width;
    return product(gradient.view({groups, rows, batch}), inputs.x).reshape({lanes, width, size});
  }
  std::vector<Tensor> parts;
  std::int64_t first = 0;
  for (std::int64_t group = 0; group < groups; ++group) {
    const std::int64_t count = inputs.lanes[static_cast<std::size_t>(group)];
    const Tensor rows = gradient.narrow(0, first, count).reshape({1, count * width, batch});
    parts.push_back(product(rows, inputs.x[group].unsqueeze(0)).reshape({count, width, size}));
    first += count;
  }
  return torch::cat(parts);
}

Tensor drawn_by_lane(const std::vector<std::uint64_t>& seeds, std::uint64_t stream,
                     const std::vector<std::int64_t>& shape,
                     const std::function<void(const random::Key&, std::span<float>)>& fill) {
  std::vector<std::int64_t> stacked{static_cast<std::int64_t>(seeds.size())};
  stacked.insert(stacked.end(), shape.begin(), shape.end());
  Tensor all = torch::empty(stacked, torch::kFloat32);
  const auto count = static_cast<std::size_t>(all.numel()) / seeds.size();
  for (std::size_t lane = 0; lane < seeds.size(); ++lane) {
    const random::Key key{seeds[lane], random::Purpose::initial_weights, stream, 0};
    fill(key, std::span(all.data_ptr<float>() + lane * count, count));
  }
  return all;
}

Tensor default_uniform(const std::vector<std::uint64_t>& seeds, std::uint64_t stream, std::int64_t fan_in,
                       const std::vector<std::int64_t>& shape) {
  const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(fan_in)));
  return drawn_by_lane(seeds, stream, shape, [bound](const random::Key& key, std::span<float> numbers) {
    random::fill_uniform(key, -bound, bound, numbers);
  });
}

}  // namespace eigensweep::models
