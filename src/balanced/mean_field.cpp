// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/mean_field.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "eigensweep/core/error.hpp"

namespace eigensweep::balanced {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr double at_rest = 1e-13;
constexpr int most_steps = 20000;

bool are_rates(const std::vector<double>& rates) {
  return std::all_of(rates.begin(), rates.end(), [](double rate) { return rate >= 0 && rate <= 1; });
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double most = 0;
  for (std::size_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(a[k] - b[k]));
  return most;
}

// d answered_k / d m_l by central differences, [target * P + source].
std::vector<double> slopes(const Network& network, const std::vector<double>& rates) {
  const std::size_t size = rates.size();
  std::vector<double> slopes(size * size);
  for (std::size_t l = 0; l < size; ++l) {
    const double step = 1e-6 * std::max(rates[l], 1e-6);
    std::vector<double> above = rates, below = rates;
    above[l] += step;
    below[l] -= step;
    const std::vector<double> high = answered(network, above), low = answered(network, below);
    for (std::size_t k = 0; k < size; ++k) slopes[k * size + l] = (high[k] - low[k]) / (2 * step);
  }
  return slopes;
}

// Solves the P x P system by Gaussian elimination; empty where the matrix is singular.
std::vector<double> solved(std::vector<double> matrix, std::vector<double> right) {
  const std::size_t size = right.size();
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column; row < size; ++row) {
      if (std::abs(matrix[row * size + column]) > std::abs(matrix[pivot * size + column])) pivot = row;
    }
    if (matrix[pivot * size + column] == 0) return {};
    for (std::size_t i = 0; i < size; ++i) std::swap(matrix[pivot * size + i], matrix[column * size + i]);
    std::swap(right[pivot], right[column]);
    for (std::size_t row = 0; row < size; ++row) {
      if (row == column) continue;
      const double factor = matrix[row * size + column] / matrix[column * size + column];
      for (std::size_t i = column; i < size; ++i) matrix[row * size + i] -= factor * matrix[column * size + i];
      right[row] -= factor * right[column];
    }
  }
  for (std::size_t k = 0; k < size; ++k) right[k] /= matrix[k * size + k];
  return right;
}

// Follows the equations with steps that their steepest slope and the fastest population keep stable. Says whether they
// came to rest.
bool come_to_rest(const Network& network, std::vector<double>& rates) {
  double length = 0, fastest = network.populations.front().tau;
  for (const Population& population : network.populations) fastest = std::min(fastest, population.tau);
  for (int step = 0; step < most_steps; ++step) {
    const std::vector<double> answer = answered(network, rates);
    if (distance(answer, rates) < at_rest) return true;
    if (step % 16 == 0) {
      double steepest = 1;
      for (const double slope : slopes(network, rates)) steepest = std::max(steepest, std::abs(slope));
      length = 0.5 * fastest / (1 + steepest);
    }
    for (std::size_t k = 0; k < rates.size(); ++k) {
      const double change = length / network.populations[k].tau * (answer[k] - rates[k]);
      rates[k] = std::clamp(rates[k] + change, 0.0, 1.0);
    }
  }
  return false;
}

// Newton's method with halved steps while the error grows.
bool polish(const Network& network, std::vector<double>& rates) {
  const std::size_t size = rates.size();
  double error = distance(answered(network, rates), rates);
  for (int step = 0; step < 100 && error > at_rest; ++step) {
    std::vector<double> matrix = slopes(network, rates), right = answered(network, rates);
    for (std::size_t k = 0; k < size; ++k) {
      matrix[k * size + k] -= 1;
      right[k] = rates[k] - right[k];
    }
    const std::vector<double> change = solved(matrix, right);
    if (change.empty()) return false;
    double length = 1;
    std::vector<double> next;
    double next_error = 0;
    for (; length > 1e-6; length /= 2) {
      next = rates;
      for (std::size_t k = 0; k < size; ++k) next[k] = std::clamp(next[k] + length * change[k], 1e-12, 1.0);
      next_error = distance(answered(network, next), next);
      if (next_error < error) break;
    }
    if (!(next_error < error)) break;
    rates = next;
    error = next_error;
  }
  return error < 1e-10;
}

// The rates at which the fields of these populations vanish for K -> infinity; the others are silent.
std::vector<double> balanced_alone(const Network& network, const std::vector<std::size_t>& which) {
  std::vector<double> matrix, right;
  for (const std::size_t k : which) {
    for (const std::size_t l : which) matrix.push_back(network.coupling(k, l).mean() * network.left(l));
    right.push_back(-network.populations[k].drive);
  }
  const std::vector<double> found = solved(matrix, right);
  std::vector<double> rates(network.size(), 0.0);
  if (found.empty()) return std::vector<double>(network.size(), nothing);
  for (std::size_t i = 0; i < which.size(); ++i) rates[which[i]] = found[i];
  return rates;
}

}  // namespace

double normal_tail(double z) { return std::erfc(z / std::numbers::sqrt2) / 2; }

std::vector<double> answered(const Network& network, const std::vector<double>& rates) {
  EIGENSWEEP_EXPECT(rates.size() == network.size());
  const auto inputs = static_cast<double>(network.inputs);
  std::vector<double> answer;
  for (std::size_t k = 0; k < network.size(); ++k) {
    const Population& population = network.populations[k];
    double mean = population.drive;
    double variance = inputs * std::pow(population.drive * network.drive_noise, 2);
    for (std::size_t l = 0; l < network.size(); ++l) {
      const Coupling& coupling = network.coupling(k, l);
      const double present = inputs / static_cast<double>(network.populations[l].neurons);
      const double active = rates[l] * network.left(l);
      mean += coupling.mean() * active;
      variance += (coupling.square() - present * coupling.mean() * coupling.mean()) * active;
    }
    const double field = std::sqrt(inputs) * mean - population.threshold;
    if (variance > 0) {
      answer.push_back(normal_tail(-field / std::sqrt(variance)));
    } else {
      answer.push_back(field > 0 ? 1 : 0);
    }
  }
  return answer;
}

std::vector<double> mean_field_rates(const Network& network, const std::vector<double>& start) {
  std::vector<double> rates = start;
  if (come_to_rest(network, rates)) return rates;
  // Slow is not far: near a bifurcation the equations creep towards the point that they would reach.
  if (distance(answered(network, rates), rates) < 1e-4 && polish(network, rates)) return rates;
  std::vector<double> near = limit_rates(network);
  if (are_rates(near) && polish(network, near)) return near;
  return std::vector<double>(network.size(), nothing);
}

std::vector<double> limit_rates(const Network& network) {
  std::vector<std::size_t> all(network.size());
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
  const std::vector<double> together = balanced_alone(network, all);
  const auto mean = [&](std::size_t k, std::size_t l) { return network.coupling(k, l).mean(); };
  if (network.size() == 1) {
    return are_rates(together) && mean(0, 0) < 0 ? together : std::vector<double>{nothing};
  }
  EIGENSWEEP_EXPECT(network.size() == 2);
  if (are_rates(together) && mean(0, 0) * mean(1, 1) > mean(0, 1) * mean(1, 0)) return together;
  const std::size_t stronger = network.populations[0].drive >= network.populations[1].drive ? 0 : 1;
  for (const std::size_t k : {stronger, 1 - stronger}) {
    const std::vector<double> alone = balanced_alone(network, {k});
    const double other_field = network.populations[1 - k].drive + mean(1 - k, k) * network.left(k) * alone[k];
    if (are_rates(alone) && mean(k, k) < 0 && other_field <= 0) return alone;
  }
  return std::vector<double>(2, nothing);
}

}  // namespace eigensweep::balanced
