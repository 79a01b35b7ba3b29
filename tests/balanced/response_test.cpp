// SPDX-License-Identifier: MIT
// The time of an exact exponential, read from bins as a simulation gives them.
#include "response.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace eigensweep::balanced;

namespace {

// The response time, in tau, of a rate that goes from 0.1 to 0.15 with the time constant `tau`, where `rate` updates
// are a unit of time. Every one of `steps` steps begins where its time says, as a simulation's clock does.
double time_of(double tau, double rate, int steps, double length) {
  constexpr double bin = 0.02;
  const auto bins = static_cast<std::size_t>(std::llround(length / bin));
  Response response(bins);
  const auto updates_until = [&](double time) { return std::llround(time * rate); };
  double now = 0;
  for (int step = 0; step < steps; ++step) {
    const std::int64_t start = updates_until(now + length);
    for (std::size_t i = 0; i < 2 * bins; ++i) {
      Piece piece;
      const std::int64_t begin = updates_until(now + bin * static_cast<double>(i)),
                         end = updates_until(now + bin * static_cast<double>(i + 1));
      for (std::int64_t update = begin; update < end; ++update) {
        const double since = static_cast<double>(update - start) / rate;
        piece.activity += 100 * (i < bins ? 0.1 : 0.15 - 0.05 * std::exp(-since / tau));
      }
      piece.updates = static_cast<double>(end - begin);
      piece.middle = static_cast<double>(begin + end) / 2 - static_cast<double>(start);
      i < bins ? response.add_before(piece) : response.add_after(i - bins, piece);
    }
    now += 2 * length;
  }
  return response.time() / rate;
}

}  // namespace

TEST_CASE("a response is timed alike whatever number of updates the bins have") {
  for (const double rate : {50, 64, 75, 128, 200, 225, 256, 486, 512, 1000, 4000}) {
    for (const double tau : {0.1, 0.35, 1.0}) {
      INFO(rate << " updates a unit of time, time constant " << tau);
      // An update is known to one.
      CHECK(time_of(tau, rate, 1, 20) == Approx(tau).epsilon(0.015).margin(1.0 / rate));
      CHECK(time_of(tau, rate, 3, 20.007) == Approx(tau).epsilon(0.015).margin(1.0 / rate));
    }
  }
}

TEST_CASE("a small network is timed although most bins have no update") {
  CHECK(time_of(1, 8, 1, 10) == Approx(1).margin(0.1));
}

TEST_CASE("a rate that does not move has no response time") {
  Response response(2);
  response.add_before({10, 10, -5});
  response.add_after(0, {10, 10, 5});
  response.add_after(1, {10, 10, 15});
  CHECK(std::isnan(response.time()));
}
