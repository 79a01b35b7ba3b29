// SPDX-License-Identifier: MIT
#include "rows.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace eigensweep::attacks {
namespace {

/// Of the rows: with more of them active, no row is dropped.
constexpr double worth_a_copy = 0.75;

}  // namespace

Tensor features_first(const Tensor& x) {
  return x.transpose(-2, -1).clone(at::MemoryFormat::Contiguous).transpose(-2, -1);
}

Tensor in_rows(const Tensor& points) { return points.transpose(1, 2).contiguous().transpose(1, 2); }

Tensor rows_of(const Tensor& points, const Tensor& samples) {
  const Tensor across = points.transpose(1, 2);  // [E, d, n]
  const Tensor index = samples.unsqueeze(1).expand({-1, across.size(1), -1});
  return across.gather(2, index).transpose(1, 2);
}

Tensor active_first(const Tensor& active, std::int64_t count) {
  const Tensor order = active.to(torch::kInt8).argsort(/*stable=*/true, /*dim=*/1, /*descending=*/true);
  return order.narrow(1, 0, count).contiguous();
}

Tensor worth_keeping(const Tensor& active) {
  const auto count = active.sum(1).max().item<std::int64_t>();
  if (static_cast<double>(count) > worth_a_copy * static_cast<double>(active.size(1))) return {};
  return active_first(active, count);
}

Tensor largest_entry(const Tensor& points) {
  if (!are_rows({points})) return points.abs().amax(-1);
  const std::int64_t lanes = points.size(0), samples = points.size(1), features = points.size(2);
  Tensor largest = torch::zeros({lanes, samples});
  auto* most = largest.mutable_data_ptr<float>();
  const auto* g = points.const_data_ptr<float>();
  constexpr std::int64_t block = 512;  // samples, whose maxima stay in cache
  const std::int64_t blocks = (samples + block - 1) / block;
  at::parallel_for(0, lanes * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t job = begin; job < end; ++job) {
      const std::int64_t lane = job / blocks, first = job % blocks * block, last = std::min(first + block, samples);
      float* to = most + lane * samples;
      for (std::int64_t feature = 0; feature < features; ++feature) {
        const float* row = g + (lane * features + feature) * samples;
        for (std::int64_t i = first; i < last; ++i) {
          const float entry = std::abs(row[i]);
          to[i] = entry > to[i] || std::isnan(entry) ? entry : to[i];
        }
      }
    }
  });
  return largest;
}

void take_rows(Tensor& to, const Tensor& from, const Tensor& is_taken) {
  if (!are_rows({to, from})) {
    to = torch::where(is_taken.unsqueeze(-1), from, to);
    return;
  }
  const std::int64_t samples = to.size(1);
  const Tensor flags = is_taken.to(torch::kInt32).contiguous();
  const auto* is = flags.const_data_ptr<std::int32_t>();
  const auto* source = from.const_data_ptr<float>();
  auto* target = to.mutable_data_ptr<float>();
  over_rows(to, [&](std::int64_t at, std::int64_t /*feature*/, std::int64_t lane) {
    const std::int32_t* flag = is + lane * samples;
    for (std::int64_t i = 0; i < samples; ++i) {
      const float other = source[at + i], own = target[at + i];  // both are read, so that the loop is vectorised
      target[at + i] = flag[i] != 0 ? other : own;
    }
  });
}

bool are_rows(std::initializer_list<Tensor> points) {
  return std::all_of(points.begin(), points.end(), [](const Tensor& x) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.transpose(1, 2).is_contiguous();
  });
}

}  // namespace eigensweep::attacks
