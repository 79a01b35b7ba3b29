// SPDX-License-Identifier: MIT
// Two pools that compete: the pool with the stronger drive is ahead.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "eigensweep/balanced/measures.hpp"

using namespace eigensweep::balanced;

namespace {

Options pools(double cross_coupling) {
  Options options;
  options.populations = Populations::pools;
  options.neurons = 3000;
  options.inputs = 200;
  options.j_0 = 1;
  options.drive = 0.16;
  options.cross_coupling = cross_coupling;
  return options;
}

// The mean over networks: the pools of one differ by chance, too.
Decision mean_decision(const Options& options) {
  Decision mean;
  constexpr int networks = 6;
  for (int seed = 0; seed < networks; ++seed) {
    const auto measures = measure(options, static_cast<std::uint64_t>(seed), {});
    REQUIRE(measures.has_value());
    REQUIRE(measures->decision.has_value());
    mean.difference += measures->decision->difference / networks;
    mean.mean_field_difference += measures->decision->mean_field_difference / networks;
    mean.gain += measures->decision->gain / networks;
    mean.error_rate += measures->decision->error_rate / networks;
  }
  return mean;
}

}  // namespace

TEST_CASE("the decision grows with the competition, as in the mean field") {
  // Differences of a finite-K mean field that was solved by other means, in Python.
  const std::vector<std::pair<double, double>> rows{{-0.35, 0.0144}, {-0.56, 0.0198}, {-0.74, 0.0292}};
  double last = 0;
  for (const auto& [cross_coupling, wanted] : rows) {
    INFO(cross_coupling);
    const Decision decision = mean_decision(pools(cross_coupling));
    CHECK(decision.mean_field_difference == Approx(wanted).epsilon(0.01));
    CHECK(decision.difference == Approx(wanted).epsilon(0.15));
    CHECK(decision.difference > last);
    CHECK(decision.gain == Approx(decision.difference / 0.01));
    last = decision.difference;
  }
}

TEST_CASE("beyond the coupling within a pool the winner takes most") {
  Options options = pools(-0.8);
  options.p_exc = 0.45;  // Js = -0.65
  const Decision decision = mean_decision(options);
  CHECK(decision.mean_field_difference == Approx(0.0716).epsilon(0.01));
  CHECK(decision.difference == Approx(0.0716).epsilon(0.15));
}

TEST_CASE("errors are windows in which the weaker-driven pool is ahead, whichever it is") {
  Options options = pools(-0.56);
  options.neurons = 100;
  options.inputs = 20;
  options.duration = 500;
  const auto error_rate = [&](double difference, double window) {
    options.drive_difference = difference;
    options.window = window;
    return mean_decision(options).error_rate;
  };
  CHECK(error_rate(0.3, 1) == 0);
  CHECK(error_rate(-0.3, 1) == 0);
  const double small = error_rate(0.02, 1), opposite = error_rate(-0.02, 1);
  CHECK(small > 0.05);
  CHECK(small < 0.5);
  CHECK(opposite > 0.05);
  CHECK(opposite < 0.5);
  CHECK(error_rate(0.02, 20) < small + 0.02);  // longer windows average more
  CHECK(std::isnan(error_rate(0, 1)));
}
