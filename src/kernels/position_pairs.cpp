// SPDX-License-Identifier: MIT
#include "position_pairs.hpp"

#include <algorithm>
#include <cstdlib>

#include "eigensweep/core/error.hpp"

namespace eigensweep::kernels {
namespace {

// The smallest p for which p + offset is not negative.
std::int64_t first(std::int64_t offset) { return std::max<std::int64_t>(-offset, 0); }

/// Every `stride`-th of `count` values along a dimension, from `start`.
Tensor every(const Tensor& values, std::int64_t dim, std::int64_t start, std::int64_t stride, std::int64_t count) {
  return values.slice(dim, start, start + (count - 1) * stride + 1, stride);
}

Tensor window_sum(const Tensor& values, std::int64_t dim, std::int64_t kernel, std::int64_t stride,
                  std::int64_t count) {
  Tensor sum = every(values, dim, 0, stride, count);
  for (std::int64_t place = 1; place < kernel; ++place) sum = sum + every(values, dim, place, stride, count);
  return sum;
}

}  // namespace

std::vector<Axis> axes(const ConvNetwork& network, std::int64_t size) {
  std::vector<Axis> blocks;
  for (std::int64_t block = 0; block < network.depth; ++block) {
    Axis axis;
    EIGENSWEEP_EXPECT(size >= network.kernel);
    axis.map = (size - network.kernel) / network.stride + 1;
    axis.out = network.pools ? axis.map / 2 : axis.map;
    EIGENSWEEP_EXPECT(axis.out > 0);
    size = axis.out;
    blocks.push_back(axis);
  }
  // Flattening needs pairs of equal positions only. How far the pairs of each block below must reach follows from the
  // top.
  std::int64_t reach = 0;
  for (auto axis = blocks.rbegin(); axis != blocks.rend(); ++axis) {
    axis->out_reach = reach;
    axis->map_reach = network.pools ? 2 * reach + 1 : reach;
    axis->map_reach = std::min(axis->map_reach, axis->map - 1);
    reach = network.stride * axis->map_reach;
  }
  return blocks;
}

Pairs::Pairs(std::int64_t far_y, std::int64_t far_x)
    : reach_y(far_y), reach_x(far_x), of_offset_(static_cast<std::size_t>((2 * far_y + 1) * (2 * far_x + 1))) {}

Tensor& Pairs::at(std::int64_t dy, std::int64_t dx) {
  return of_offset_[static_cast<std::size_t>((dy + reach_y) * (2 * reach_x + 1) + dx + reach_x)];
}

const Tensor& Pairs::at(std::int64_t dy, std::int64_t dx) const {
  return of_offset_[static_cast<std::size_t>((dy + reach_y) * (2 * reach_x + 1) + dx + reach_x)];
}

Tensor at_pairs(const Tensor& values, std::int64_t dy, std::int64_t dx, bool is_partner) {
  const std::int64_t y = first(is_partner ? -dy : dy), x = first(is_partner ? -dx : dx);
  return values.narrow(0, y, values.size(0) - std::abs(dy)).narrow(1, x, values.size(1) - std::abs(dx));
}

Pairs convolved(const Pairs& pairs, std::int64_t kernel, std::int64_t stride, const Axis& y, const Axis& x) {
  Pairs result(y.map_reach, x.map_reach);
  const auto places = static_cast<double>(kernel * kernel);
  for (std::int64_t dy = -y.map_reach; dy <= y.map_reach; ++dy) {
    for (std::int64_t dx = -x.map_reach; dx <= x.map_reach; ++dx) {
      const Tensor rows = window_sum(pairs.at(stride * dy, stride * dx), 0, kernel, stride, y.map - std::abs(dy));
      result.at(dy, dx) = window_sum(rows, 1, kernel, stride, x.map - std::abs(dx)) / places;
    }
  }
  return result;
}

Pairs pooled(const Pairs& pairs, const Axis& y, const Axis& x) {
  Pairs result(y.out_reach, x.out_reach);
  // The index of the pair (2 P + a, 2 (P + offset) + b), a and b in {0, 1}, among the pairs of its offset, for the
  // smallest P.
  const auto start = [](std::int64_t offset, std::int64_t a, std::int64_t b) {
    return 2 * first(offset) + a - first(2 * offset + b - a);
  };
  for (std::int64_t dy = -y.out_reach; dy <= y.out_reach; ++dy) {
    for (std::int64_t dx = -x.out_reach; dx <= x.out_reach; ++dx) {
      Tensor sum;
      for (int corners = 0; corners < 16; ++corners) {
        const std::int64_t ay = corners & 1, by = corners >> 1 & 1, ax = corners >> 2 & 1, bx = corners >> 3 & 1;
        const Tensor rows =
            every(pairs.at(2 * dy + by - ay, 2 * dx + bx - ax), 0, start(dy, ay, by), 2, y.out - std::abs(dy));
        const Tensor part = every(rows, 1, start(dx, ax, bx), 2, x.out - std::abs(dx));
        sum = sum.defined() ? sum + part : part;
      }
      result.at(dy, dx) = sum / 16;
    }
  }
  return result;
}

}  // namespace eigensweep::kernels
