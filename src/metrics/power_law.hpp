// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace eigensweep::metrics {

/// Stands for a number that could not be measured.
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A line through an eigenspectrum in log-log: lambda_n ~ n^-exponent for ranks n = first..last (from 1).
struct PowerLaw {
  double exponent;   ///< NaN with fewer than study::fewest_fit_ranks positive eigenvalues in the range
  double r_squared;  ///< squared correlation of log n and log lambda_n over 100 log-spaced ranks of the range
  std::int64_t first;
  std::int64_t last;
  std::int64_t ranks;  ///< how many ranks could be fitted
};

/// Why the spectrum of `what` ("layer 2") has no exponent, in one line; "" if it has one.
std::string why_no_exponent(const PowerLaw& fit, const std::string& what);

/// Weighted least squares with weights 1/n, so that each octave of ranks counts the same. `eigenvalues` descend; the
/// range ends early where they fall below the rounding errors of a float64 decomposition (a layer with dead units, or
/// fewer samples than units), because a fit to the logarithm of noise means nothing.
/// Source: Stringer et al. 2019, get_powerlaw in the authors' code.
PowerLaw fit_power_law(std::span<const double> eigenvalues, std::int64_t first, std::int64_t last);

/// (sum of eigenvalues)^2 / sum of squares: how many equal eigenvalues would spread the variance as far.
double participation_ratio(std::span<const double> eigenvalues);
/// Exponential of the entropy of the eigenvalues as shares of their sum. Negative ones (rounding) count as 0.
double effective_rank(std::span<const double> eigenvalues);

}  // namespace eigensweep::metrics
