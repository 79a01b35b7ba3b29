// SPDX-License-Identifier: MIT
#pragma once

namespace eigensweep::study {

/// The fewest ranks of a spectrum that a power-law fit needs; a fit to fewer gives no exponent. For an exact law n^-1
/// and a covariance over 1,000 samples, exponents fitted from rank 11 on scatter by 0.50 with 2 ranks, 0.12 with 6,
/// 0.08 with 8 and 0.02 with 32 (docs/paper.md). With fewer than 8 ranks the scatter exceeds the effect of a penalty or
/// of the width.
inline constexpr int fewest_fit_ranks = 8;

}  // namespace eigensweep::study
