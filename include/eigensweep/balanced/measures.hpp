// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eigensweep/balanced/options.hpp"

namespace eigensweep::balanced {

/// What two competing pools decide.
struct Decision {
  double difference = 0;             ///< rate of the first pool less that of the second
  double mean_field_difference = 0;  ///< likewise of the mean field
  double gain = 0;                   ///< difference over the drives' difference
  double error_rate = 0;  ///< share of windows in which the weaker-driven pool was ahead; a tie is half a window
};

/// What a simulation is measured for, by population.
struct Measures {
  std::vector<double> rate;           ///< m_k: mean activity of the neurons that are left
  std::vector<double> mean_field;     ///< the same of the mean field at this K
  std::vector<double> limit;          ///< the same for K -> infinity
  std::vector<double> deviation;      ///< rate/mean_field - 1
  std::vector<double> q;              ///< mean over neurons of their squared mean activity
  std::vector<double> irregularity;   ///< q/rate: 1 for a frozen state, less for an irregular one
  std::vector<double> response_time;  ///< to a step of the drive, in tau of the first population; empty without a step
  std::optional<Decision> decision;   ///< of pools
};

/// Draws the network of `options`, simulates it and measures. A pure function of options and seed. Asks `should_stop`
/// about once per unit of time; nothing where it said yes.
///
/// q: a mean activity over a finite time T is noisy, and its square too large by its variance, of the order of tau/T.
/// So q is the mean over neurons of the product of their activities in the first and the second half of the time. The
/// halves meet, which leaves an error of the order of (tau/T)^2.
///
/// Response time: the drive is stepped up and down step_repeats times. The rate after the steps up is averaged over
/// them; the response time is when it has come 1 - 1/e of the way from the rate before the steps to the rate in the
/// second half of the time after them. NaN where it never does.
std::optional<Measures> measure(const Options& options, std::uint64_t seed, const std::function<bool()>& should_stop);

}  // namespace eigensweep::balanced
