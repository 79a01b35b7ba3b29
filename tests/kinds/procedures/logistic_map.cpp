// SPDX-License-Identifier: MIT
// A toy procedure that trains nothing: x <- growth x (1 - x), from (seed + 1) / (seed + 3).
#include "eigensweep/study/declare/fields.hpp"

namespace eigensweep::worker {
namespace {

struct LogisticMap {
  double growth = 3.2;
  std::int64_t iterations = 8;

  static study::Fields<LogisticMap> fields() {
    return study::Fields<LogisticMap>()
        .number("growth", &LogisticMap::growth, {0, 10}, "factor of an iteration; above 4 the state runs away")
        .per_lane()
        .integer("iterations", &LogisticMap::iterations, {1, 1e6}, "how many iterations are recorded");
  }
};

}  // namespace
}  // namespace eigensweep::worker

#ifdef EIGENSWEEP_DECLARATIONS
namespace eigensweep::worker {

study::Kind declare_logistic_map() {
  auto kind = study::declare<LogisticMap>(study::Family::procedure, "logistic_map", "iterates the logistic map", "");
  kind.columns = {{"state", {"iteration"}, "f64", "", "state after each iteration"},
                  {"mean_state", {}, "f64", "", "mean of the states"}};
  kind.procedure.group = "logistic_map";
  kind.work = [](const Json& options, const study::WorkContext&) {
    return 3.0 * static_cast<double>(study::read<LogisticMap>(options).iterations);
  };
  kind.bytes = [](const Json& options, const study::WorkContext&) {
    return 8.0 * static_cast<double>(study::read<LogisticMap>(options).iterations);
  };
  return kind;
}

}  // namespace eigensweep::worker

#else
#include <cmath>
#include <numeric>

#include "procedure.hpp"
#include "stopwatch.hpp"

namespace eigensweep::worker {
namespace {

wire::Record simulate(const wire::TaskLane& lane) {
  const auto map = study::read<LogisticMap>(lane.config.at("procedure"));
  const auto seed = lane.config.at("seed").get<double>();
  std::vector<double> states;
  double state = (seed + 1) / (seed + 3);
  for (std::int64_t i = 0; i < map.iterations; ++i) {
    state = map.growth * state * (1 - state);
    states.push_back(state);
  }
  wire::Record record;
  record.kind = wire::RecordKind::training;
  record.trial = lane.trial;
  record.status = std::isfinite(state) ? wire::Status::ok : wire::Status::diverged;
  if (!std::isfinite(state)) record.message = "the state is not finite";
  const double sum = std::accumulate(states.begin(), states.end(), 0.0);
  record.columns["mean_state"] = wire::Array::scalar(sum / static_cast<double>(states.size()));
  record.columns["state"] = wire::Array::of(states);
  return record;
}

}  // namespace

Outcome run_logistic_map(const PackRun& pack) {
  for (std::size_t lane = 0; lane < pack.task.lanes.size(); ++lane) {
    if (pack.hooks.should_stop && pack.hooks.should_stop()) return {Outcome::End::stopped};
    const Stopwatch watched;
    wire::Record record = simulate(pack.task.lanes[lane]);
    pack.send(std::move(record), lane, watched.seconds());
  }
  return {};
}

}  // namespace eigensweep::worker
#endif
