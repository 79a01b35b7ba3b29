// SPDX-License-Identifier: MIT
#include "power_law.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "eigensweep/study/declare/fit.hpp"

namespace eigensweep::metrics {
namespace {

/// Weighted means and central second moments of points (x, y).
struct Line {
  double xx = 0;
  double xy = 0;
  double yy = 0;

  Line(const std::vector<double>& x, const std::vector<double>& y, const std::vector<double>& weight) {
    double total = 0;
    double mean_x = 0;
    double mean_y = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      total += weight[i];
      mean_x += weight[i] * x[i];
      mean_y += weight[i] * y[i];
    }
    mean_x /= total;
    mean_y /= total;
    for (std::size_t i = 0; i < x.size(); ++i) {
      xx += weight[i] * (x[i] - mean_x) * (x[i] - mean_x);
      xy += weight[i] * (x[i] - mean_x) * (y[i] - mean_y);
      yy += weight[i] * (y[i] - mean_y) * (y[i] - mean_y);
    }
  }
};

std::int64_t numerical_rank(std::span<const double> eigenvalues) {
  if (eigenvalues.empty()) return 0;
  const double noise =
      static_cast<double>(eigenvalues.size()) * std::numeric_limits<double>::epsilon() * eigenvalues.front();
  std::int64_t rank = 0;
  for (const double value : eigenvalues) {
    if (!(value > noise)) break;
    ++rank;
  }
  return rank;
}

double squared_correlation(std::span<const double> eigenvalues, std::int64_t first, std::int64_t last) {
  constexpr int count = 100;
  const double span = std::log(static_cast<double>(last) / static_cast<double>(first));
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < count; ++i) {
    const double position = static_cast<double>(first) * std::exp(span * i / (count - 1));
    const auto n = std::clamp(static_cast<std::int64_t>(std::llround(position)), first, last);
    x.push_back(std::log(static_cast<double>(n)));
    y.push_back(std::log(eigenvalues[static_cast<std::size_t>(n - 1)]));
  }
  const Line line(x, y, std::vector<double>(count, 1.0));
  return line.xy * line.xy / (line.xx * line.yy);
}

}  // namespace

PowerLaw fit_power_law(std::span<const double> eigenvalues, std::int64_t first, std::int64_t last) {
  PowerLaw fit{nan, nan, first, std::min({last, numerical_rank(eigenvalues)}), 0};
  fit.ranks = std::max<std::int64_t>(0, fit.last - first + 1);
  if (fit.ranks < study::fewest_fit_ranks) return fit;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> weight;
  for (std::int64_t n = first; n <= fit.last; ++n) {
    x.push_back(-std::log(static_cast<double>(n)));
    y.push_back(std::log(eigenvalues[static_cast<std::size_t>(n - 1)]));
    weight.push_back(1.0 / static_cast<double>(n));
  }
  const Line line(x, y, weight);
  fit.exponent = line.xy / line.xx;
  fit.r_squared = squared_correlation(eigenvalues, first, fit.last);
  return fit;
}

std::string why_no_exponent(const PowerLaw& fit, const std::string& what) {
  if (fit.ranks >= study::fewest_fit_ranks) return "";
  return fmt::format("{} has {} rank{} from {} on, fewer than the {} that a fit needs: no exponent", what, fit.ranks,
                     fit.ranks == 1 ? "" : "s", fit.first, study::fewest_fit_ranks);
}

double participation_ratio(std::span<const double> eigenvalues) {
  double sum = 0;
  double squares = 0;
  for (const double value : eigenvalues) {
    sum += value;
    squares += value * value;
  }
  return sum * sum / squares;
}

double effective_rank(std::span<const double> eigenvalues) {
  double sum = 0;
  for (const double value : eigenvalues) sum += std::isnan(value) ? value : std::max(value, 0.0);
  if (!(sum > 0)) return nan;
  double entropy = 0;
  for (const double value : eigenvalues) {
    const double share = std::max(value, 0.0) / sum;
    if (share > 0) entropy -= share * std::log(share);
  }
  return std::exp(entropy);
}

}  // namespace eigensweep::metrics
