// SPDX-License-Identifier: MIT
#include "power_law.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace eigensweep::metrics;

namespace {

std::vector<double> power_law(int count, double exponent, double scale = 1.0) {
  std::vector<double> values;
  for (int n = 1; n <= count; ++n) values.push_back(scale * std::pow(n, -exponent));
  return values;
}

}  // namespace

TEST_CASE("the fit finds the exponent of an exact power law") {
  for (const double exponent : {0.5, 1.0, 1.5, 2.0}) {
    for (const int count : {30, 200, 1000}) {
      const PowerLaw fit = fit_power_law(power_law(count, exponent, 3.7), 11, 500);
      CHECK(std::abs(fit.exponent - exponent) < 1e-12);
      CHECK(fit.r_squared == Approx(1.0).epsilon(1e-12));
      CHECK(fit.first == 11);
      CHECK(fit.last == std::min(500, count));
    }
  }
}

TEST_CASE("the fit and the dimensions equal numpy's on a spectrum with a knee and ripples") {
  std::vector<double> values;
  for (int n = 1; n <= 300; ++n) values.push_back(std::pow(n + 5.0, -1.3) * (1 + 0.1 * std::sin(n)));
  std::sort(values.rbegin(), values.rend());
  // numpy.linalg.solve on the weighted normal equations, as in Stringer et al.'s get_powerlaw; numpy.corrcoef.
  const PowerLaw fit = fit_power_law(values, 11, 200);
  CHECK(fit.exponent == Approx(1.1488282823984342).epsilon(1e-12));
  CHECK(fit.r_squared == Approx(0.9969455889865956).epsilon(1e-12));
  CHECK(participation_ratio(values) == Approx(46.250279123801796).epsilon(1e-12));
  CHECK(effective_rank(values) == Approx(103.0622328213586).epsilon(1e-12));
}

TEST_CASE("a flat spectrum fills all of its dimensions and a single direction one") {
  CHECK(participation_ratio(std::vector<double>(40, 0.3)) == Approx(40.0));
  CHECK(effective_rank(std::vector<double>(40, 0.3)) == Approx(40.0));
  CHECK(participation_ratio(std::vector<double>{2.0, 0.0, 0.0}) == Approx(1.0));
  CHECK(effective_rank(std::vector<double>{2.0, 0.0, -1e-20}) == Approx(1.0));
}

TEST_CASE("ranks whose eigenvalues are rounding noise are left out of the fit") {
  std::vector<double> values = power_law(20, 1.0);
  for (const double noise : {1e-17, 0.0, -1e-18}) values.push_back(noise);
  const PowerLaw fit = fit_power_law(values, 5, 23);
  CHECK(fit.last == 20);
  CHECK(std::abs(fit.exponent - 1.0) < 1e-12);
}

TEST_CASE("a spectrum with fewer than eight ranks in range has no exponent, and says why") {
  for (int ranks = 1; ranks <= 12; ++ranks) {
    for (const std::int64_t first : {1, 11}) {
      const auto spectrum = power_law(static_cast<int>(first) - 1 + ranks, 1.0);
      const PowerLaw fit = fit_power_law(spectrum, first, 500);
      CHECK(fit.ranks == ranks);
      CHECK(std::isnan(fit.exponent) == (ranks < 8));
      CHECK(std::isnan(fit.r_squared) == (ranks < 8));
      CHECK(why_no_exponent(fit, "layer 1").empty() == (ranks >= 8));
    }
  }
  CHECK(std::isnan(fit_power_law(power_law(100, 1.0), 11, 17).exponent));  // asked for so few
  CHECK(why_no_exponent(fit_power_law(power_law(12, 1.0), 11, 500), "layer 1") ==
        "layer 1 has 2 ranks from 11 on, fewer than the 8 that a fit needs: no exponent");
  CHECK(why_no_exponent(fit_power_law(power_law(11, 1.0), 11, 500), "layer 3") ==
        "layer 3 has 1 rank from 11 on, fewer than the 8 that a fit needs: no exponent");
  std::vector<double> noisy = power_law(14, 1.0);
  noisy.resize(50, 1e-18);
  CHECK(fit_power_law(noisy, 11, 500).ranks == 4);  // those below rounding do not count
  for (const auto& values : {power_law(10, 1.0), std::vector<double>(20, 0.0), std::vector<double>(20, NAN)}) {
    const PowerLaw fit = fit_power_law(values, 11, 500);
    CHECK(fit.ranks == 0);
    CHECK(std::isnan(fit.exponent));
    CHECK(std::isnan(fit.r_squared));
  }
  CHECK(std::isnan(participation_ratio(std::vector<double>(3, NAN))));
  CHECK(std::isnan(effective_rank(std::vector<double>(3, NAN))));
  CHECK(std::isnan(effective_rank(std::vector<double>(3, 0.0))));
}
