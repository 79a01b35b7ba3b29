// SPDX-License-Identifier: MIT
#pragma once

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

}  // namespace eigensweep::attacks
