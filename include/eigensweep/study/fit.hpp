// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::study {

/// A power law fitted to fewer ranks of a spectrum than these has no exponent. Of an exact law n^-1 whose covariance is
/// taken over 1,000 samples, exponents from rank 11 on scatter by 0.50 with 2 ranks, 0.12 with 6, 0.08 with 8 and 0.02
/// with 32 (docs/paper.md): with fewer, the scatter is above what a penalty or a width changes.
inline constexpr int fewest_fit_ranks = 8;

}  // namespace eigensweep::study
