// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/measures.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <utility>

#include "eigensweep/balanced/mean_field.hpp"

using namespace eigensweep::balanced;

namespace {

Measures measured(const Options& options, std::uint64_t seed = 1) {
  const auto measures = measure(options, seed, {});
  REQUIRE(measures.has_value());
  return *measures;
}

// Neurons that hardly hear each other. With a threshold at the drive's field and noise, each is active with
// probability 1/2 after each of its updates.
Options deaf() {
  Options options;
  options.neurons = 10000;
  options.inputs = 100;
  options.j_exc = options.j_inh = 1e-9;
  options.threshold = 10 * options.j_0 * options.drive;
  options.drive_noise = 1;
  return options;
}

}  // namespace

TEST_CASE("a balanced network has the rates of its mean field, and irregular neurons") {
  struct Row {
    Populations populations;
    double drive;
    std::vector<double> rates;  // of a finite-K mean field that was solved by other means, in Python
  };
  // J = [[1, -1.6], [1, -1.2]], J_0 = (1, 0.5); one population: J+ = 1, J- = 2, p = 0.4, J_0 = 0.8; N = 4000, K = 400.
  const std::vector<Row> rows{{Populations::two, 0.1, {0.1263, 0.1500}},
                              {Populations::two, 0.2, {0.2354, 0.2773}},
                              {Populations::one, 0.1, {0.1108}},
                              {Populations::one, 0.2, {0.2072}}};
  for (const Row& row : rows) {
    Options options;
    options.populations = row.populations;
    options.drive = row.drive;
    const Measures measures = measured(options);
    for (std::size_t k = 0; k < row.rates.size(); ++k) {
      INFO(row.drive << " " << k);
      CHECK(measures.mean_field[k] == Approx(row.rates[k]).margin(6e-5));
      CHECK(measures.rate[k] == Approx(row.rates[k]).epsilon(0.04));
      CHECK(measures.deviation[k] == Approx(measures.rate[k] / measures.mean_field[k] - 1));
      CHECK(measures.irregularity[k] < 0.7);
      CHECK(measures.irregularity[k] > measures.rate[k]);  // q = m^2 if all neurons were alike
    }
  }
}

TEST_CASE("the squared activity is that of an infinite time") {
  Options options = deaf();
  options.duration = 20;
  const Measures measures = measured(options);
  CHECK(measures.rate[0] == Approx(0.5).margin(0.005));
  // Over 20 tau a mean activity has the variance 1/40, a tenth of q; of the halves' product 1/400 is left. The scatter
  // over 10,000 neurons is 0.0016.
  CHECK(measures.q[0] == Approx(0.25 + 0.0025).margin(0.006));
  options = deaf();
  options.threshold = 0.1;
  options.drive_noise = 0;
  CHECK(measured(options).irregularity[0] == 1);
}

TEST_CASE("neurons that do not hear each other answer a step of the drive within tau") {
  Options options = deaf();
  options.duration = 1;
  options.drive_step = 1;
  options.step_length = 20;
  options.step_repeats = 10;
  // The rate goes exponentially, because a neuron answers with its next update. Then it is at 1 - 1/e after one tau.
  CHECK(measured(options).response_time[0] == Approx(1).margin(0.04));
}

TEST_CASE("a balanced network answers much faster than its neurons") {
  for (const Populations populations : {Populations::one, Populations::two}) {
    Options options;
    options.populations = populations;
    options.duration = 1;
    options.drive_step = 0.5;
    for (const double time : measured(options).response_time) {
      CHECK(time > 0.02);
      CHECK(time < 0.25);
    }
  }
}

TEST_CASE("rounding does not decide whether a neuron whose field is 0 is active") {
  // The second network is 1.25 times the first, and all its numbers are exact in float64. Sums of inputs are multiples
  // of one number in both, and meet the threshold exactly.
  Options rounded, exact;
  exact.j_0 = 1;
  exact.j_exc = 1.25;
  exact.j_inh = 2.5;
  exact.threshold = 0.625;
  const Measures one = measured(rounded), other = measured(exact);
  CHECK(one.rate == other.rate);
  CHECK(one.q == other.q);
}

TEST_CASE("a balanced network answers as fast where its bins have no whole number of updates") {
  double times[2] = {0, 0};
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    for (const int which : {0, 1}) {
      Options options;
      options.neurons = which == 0 ? 500 : 512;
      options.inputs = 100;
      options.drive = 0.2;
      options.duration = 1;
      options.drive_step = 0.5;
      options.step_repeats = 40;
      times[which] += measured(options, seed).response_time[0] / 6;
    }
  }
  INFO(times[0] << " " << times[1]);
  CHECK(times[1] == Approx(times[0]).epsilon(0.2));
}

TEST_CASE("the share of a population that is removed is counted without rounding") {
  Network network;
  network.populations = {{100, 0.1, 0.5, 1}};
  for (const auto& [share, removed] : {std::pair(0.29, 29), {0.57, 57}, {0.58, 58}, {0.295, 29}, {0.0, 0}}) {
    network.removed_share = share;
    CHECK(network.removed(0) == removed);
  }
}

TEST_CASE("the mean field comes to rest where one population is much faster than the other") {
  Options options;
  options.populations = Populations::two;
  options.drive = 0.9;  // so strong that nothing balances for K to infinity
  const std::vector<double> rates = mean_field_rates(network_of(options), {0.1, 0.1});
  CHECK(std::isnan(limit_rates(network_of(options))[0]));
  options.tau_i = 0.05;
  const std::vector<double> fast = mean_field_rates(network_of(options), {0.1, 0.1});
  for (std::size_t k = 0; k < 2; ++k) CHECK(fast[k] == Approx(rates[k]));
}

TEST_CASE("a network with neurons removed has the rates of the mean field of what is left") {
  Options options;
  options.populations = Populations::two;
  options.removed_share = 0.3;
  const Measures measures = measured(options);
  CHECK(measures.limit[0] == Approx(0.1 / 0.7));
  // A graph's chance moves the rates by 1 or 2 %.
  for (const double deviation : measures.deviation) CHECK(std::abs(deviation) < 0.06);
}

TEST_CASE("noise of the drive is in simulation and mean field") {
  Options options;
  options.drive_noise = 0.5;
  const Measures with = measured(options);
  options.drive_noise = 0;
  const Measures without = measured(options);
  CHECK(std::abs(with.deviation[0]) < 0.04);
  CHECK(with.rate[0] > 1.1 * without.rate[0]);
}

TEST_CASE("a measurement is a function of options and seed, and can be stopped") {
  Options options;
  options.neurons = 200;
  options.inputs = 30;
  options.drive_step = 0.5;
  const Measures one = measured(options, 4), again = measured(options, 4), other = measured(options, 5);
  CHECK(one.rate == again.rate);
  CHECK(one.q == again.q);
  CHECK(one.response_time == again.response_time);
  CHECK(one.rate != other.rate);
  int asked = 0;
  CHECK_FALSE(measure(options, 4, [&] { return ++asked == 3; }).has_value());
  CHECK(asked == 3);
}
