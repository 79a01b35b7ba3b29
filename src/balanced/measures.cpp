// SPDX-License-Identifier: MIT
#include "eigensweep/balanced/measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigensweep/balanced/mean_field.hpp"
#include "eigensweep/balanced/simulation.hpp"
#include "response.hpp"

namespace eigensweep::balanced {
namespace {

/// A simulation that counts time in units of tau, and can be stopped.
template <class Target>
class Clock {
 public:
  Clock(const Network& network, std::uint64_t seed, double active, const std::function<bool()>& should_stop)
      : simulation_(network, seed, active), rate_(network.update_rate()), should_stop_(should_stop) {}

  [[nodiscard]] Simulation<Target>& simulation() { return simulation_; }
  /// Goes on for this time. Says whether it may: false once it is to stop.
  bool go(double time) {
    time_ += time;
    for (double until = std::min(asked_ + 1, time_); !stopped_; until = std::min(until + 1, time_)) {
      const auto updates = static_cast<std::int64_t>(std::llround(until * rate_)) - simulation_.updates();
      simulation_.advance(std::max<std::int64_t>(updates, 0));
      if (until >= asked_ + 1) {
        asked_ = until;
        stopped_ = should_stop_ && should_stop_();
      }
      if (until >= time_) break;
    }
    return !stopped_;
  }
  [[nodiscard]] double updates() const { return static_cast<double>(simulation_.updates()); }
  /// Sum over the updates so far of a population's active neurons.
  [[nodiscard]] double activity(std::size_t population) const {
    return static_cast<double>(simulation_.activity(population));
  }

 private:
  Simulation<Target> simulation_;
  double rate_, time_ = 0, asked_ = 0;
  const std::function<bool()>& should_stop_;
  bool stopped_ = false;
};

/// Rates and q from the times that neurons were active in the two halves.
template <class Target>
void measure_rates(const Network& network, const Simulation<Target>& simulation, const std::vector<std::int64_t>& begin,
                   const std::vector<std::int64_t>& middle, const std::vector<std::int64_t>& end, double first_half,
                   double second_half, Measures& measures) {
  std::size_t neuron = 0;
  for (std::size_t k = 0; k < network.size(); ++k) {
    double active = 0, squares = 0;
    const auto last = neuron + static_cast<std::size_t>(network.populations[k].neurons);
    for (; neuron < last; ++neuron) {
      if (simulation.is_removed(neuron)) continue;
      const auto first = static_cast<double>(middle[neuron] - begin[neuron]);
      const auto second = static_cast<double>(end[neuron] - middle[neuron]);
      active += first + second;
      squares += first / first_half * (second / second_half);
    }
    const auto left = static_cast<double>(network.populations[k].neurons - network.removed(k));
    measures.rate.push_back(active / (first_half + second_half) / left);
    measures.q.push_back(squares / left);
    measures.irregularity.push_back(measures.q.back() / measures.rate.back());
    measures.deviation.push_back(measures.rate.back() / measures.mean_field[k] - 1);
  }
}

template <class Target>
double difference(const Clock<Target>& clock) {
  return clock.activity(0) - clock.activity(1);
}

/// Half the duration, in windows where decisions are counted. Adds up the windows that the second pool won.
template <class Target>
bool half_of(const Options& options, Clock<Target>& clock, double& windows, double& second_ahead) {
  const double time = options.duration / 2;
  if (options.populations != Populations::pools) return clock.go(time);
  const auto whole = static_cast<std::int64_t>(time / options.window);
  double last = difference(clock);
  for (std::int64_t window = 0; window < whole; ++window) {
    if (!clock.go(options.window)) return false;
    const double now = difference(clock);
    if (now <= last) second_ahead += now == last ? 0.5 : 1;
    ++windows;
    last = now;
  }
  return clock.go(time - static_cast<double>(whole) * options.window);
}

template <class Target>
bool measure_response(const Network& network, const Options& options, Clock<Target>& clock, Measures& measures) {
  constexpr double bin = 0.02;  // in tau: a balanced network answers within a tenth of one
  const auto bins = static_cast<std::size_t>(std::llround(options.step_length / bin));
  const auto steps = static_cast<std::size_t>(options.step_repeats);
  std::vector<Response> responses(network.size(), Response(bins));
  std::vector<double> last(network.size());
  double last_update = clock.updates(), step_update = 0;
  const auto each = [&](auto&& take) {
    const double update = clock.updates();
    for (std::size_t k = 0; k < network.size(); ++k) {
      const double now = clock.activity(k);
      take(responses[k], Piece{now - last[k], update - last_update, (update + last_update) / 2 - step_update});
      last[k] = now;
    }
    last_update = update;
  };
  for (std::size_t step = 0; step < steps; ++step) {
    clock.simulation().scale_drive(1);
    for (std::size_t i = 0; i < bins; ++i) {
      if (!clock.go(bin)) return false;
      // The first half of the time settles after the step down.
      each([&](Response& response, const Piece& piece) {
        if (i >= bins / 2) response.add_before(piece);
      });
    }
    clock.simulation().scale_drive(1 + options.drive_step);
    step_update = clock.updates();
    for (std::size_t i = 0; i < bins; ++i) {
      if (!clock.go(bin)) return false;
      each([&](Response& response, const Piece& piece) { response.add_after(i, piece); });
    }
  }
  for (const Response& response : responses) {
    measures.response_time.push_back(response.time() / network.update_rate());
  }
  return true;
}

Decision decision_of(const Options& options, const Measures& measures, double windows, double second_ahead) {
  Decision decision;
  decision.difference = measures.rate[0] - measures.rate[1];
  decision.mean_field_difference = measures.mean_field[0] - measures.mean_field[1];
  decision.gain = decision.error_rate = std::numeric_limits<double>::quiet_NaN();
  if (options.drive_difference == 0) return decision;
  decision.gain = decision.difference / options.drive_difference;
  const double share = second_ahead / windows;
  decision.error_rate = options.drive_difference > 0 ? share : 1 - share;
  return decision;
}

template <class Target>
std::optional<Measures> measured(const Options& options, std::uint64_t seed, const std::function<bool()>& should_stop) {
  const Network network = network_of(options);
  Measures measures;
  const double start = std::min(options.drive, 1.0);
  measures.mean_field = mean_field_rates(network, std::vector<double>(network.size(), start));
  measures.limit = limit_rates(network);
  Clock<Target> clock(network, seed, start, should_stop);
  if (!clock.go(options.warm_up)) return std::nullopt;
  if (options.removed_share > 0) {
    clock.simulation().remove();
    if (!clock.go(options.warm_up)) return std::nullopt;
  }
  double windows = 0, second_ahead = 0;
  const auto now = [&] { return clock.updates(); };
  const std::vector<std::int64_t> begin = clock.simulation().times();
  const double begin_at = now();
  if (!half_of(options, clock, windows, second_ahead)) return std::nullopt;
  const std::vector<std::int64_t> middle = clock.simulation().times();
  const double middle_at = now();
  if (!half_of(options, clock, windows, second_ahead)) return std::nullopt;
  measure_rates(network, clock.simulation(), begin, middle, clock.simulation().times(), middle_at - begin_at,
                now() - middle_at, measures);
  if (options.populations == Populations::pools) {
    measures.decision = decision_of(options, measures, windows, second_ahead);
  }
  if (options.drive_step > 0 && !measure_response(network, options, clock, measures)) return std::nullopt;
  return measures;
}

}  // namespace

std::optional<Measures> measure(const Options& options, std::uint64_t seed, const std::function<bool()>& should_stop) {
  constexpr std::int64_t most_short = 65536;
  const bool is_short = network_of(options).neurons() <= most_short;
  return is_short ? measured<std::uint16_t>(options, seed, should_stop)
                  : measured<std::uint32_t>(options, seed, should_stop);
}

}  // namespace eigensweep::balanced
