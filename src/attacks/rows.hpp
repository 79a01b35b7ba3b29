// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "eigensweep/data/torch.hpp"

namespace eigensweep::attacks {

using torch::Tensor;

// Points [E, R, d] of R rows of each lane. They lie features first in memory, as networks read them: all rows of a
// lane and a feature side by side.

/// A copy of [.., n, d], never a view, that is features first.
Tensor features_first(const Tensor& x);
/// The same of [E, R, d], or `points` itself where it is so already.
Tensor in_rows(const Tensor& points);

/// The samples [E, R] of points [E, n, d]: [E, R, d].
Tensor rows_of(const Tensor& points, const Tensor& samples);

/// The first `count` rows of each lane if the `active` [E, R] ones came first: [E, count].
Tensor active_first(const Tensor& active, std::int64_t count);
/// The rows to keep where few are still active: [E, as many as the lane with most has]. Undefined where dropping rows
/// is not worth a copy.
Tensor worth_keeping(const Tensor& active);

/// The size of the largest entry of each point [E, R, d]: [E, R]; NaN if one is.
Tensor largest_entry(const Tensor& points);

/// Copies the rows of `from` to `to`, [E, R, d] both, where `is_taken` [E, R] says so.
void take_rows(Tensor& to, const Tensor& from, const Tensor& is_taken);

/// Whether points lie so in float32 and on a CPU, as loops over memory read them.
bool are_rows(std::initializer_list<Tensor> points);

/// Runs body(first number of the row, feature, lane) for each lane and feature of points [E, R, d] that lie so, side
/// by side on all threads. The numbers of the row are those of all R samples.
template <class Body>
void over_rows(const Tensor& points, const Body& body) {
  const std::int64_t samples = points.size(1), features = points.size(2);
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, samples));
  at::parallel_for(0, points.size(0) * features, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) body(row * samples, row % features, row / features);
  });
}

}  // namespace eigensweep::attacks
