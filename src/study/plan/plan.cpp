// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <queue>

#include "eigensweep/study/plan/pack.hpp"

namespace eigensweep::study {
namespace {

// When the last worker is done if each takes the longest pack that is left (packs are sorted).
double makespan(const std::vector<Pack>& packs, const PackLimits& limits, double flops_per_second) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (std::size_t i = 0; i < std::max<std::size_t>(limits.workers, 1); ++i) free_at.push(0.0);
  double last = 0;
  for (const Pack& pack : packs) {
    // A fixed cost is a time: it does not change with the assumed speed.
    const double fixed = limits.device.rate_has_overhead ? 0 : pack.overhead_flops / limits.device.flops_per_second;
    const double rate = pack.is_of_cpu ? limits.cpu_rate : flops_per_second;
    const double end = free_at.top() + pack.flops / rate + fixed;
    free_at.pop();
    free_at.push(end);
    last = std::max(last, end);
  }
  return last;
}

}  // namespace

Json plan(const Study& study, const Catalog& catalog, const Done& done, const PackLimits& limits,
          double flops_per_second) {
  const std::vector<Pack> packs = form_packs(study, catalog, done, limits);
  double flops = 0;
  double bytes = 0;
  std::size_t most_lanes = 0;
  std::size_t to_train = 0;
  std::size_t to_evaluate = 0;
  for (const Pack& pack : packs) {
    flops += pack.flops;
    bytes = std::max(bytes, pack.bytes);
    most_lanes = std::max(most_lanes, pack.lanes.size());
    for (const Lane& lane : pack.lanes) ++(lane.train ? to_train : to_evaluate);
  }
  std::vector<std::string> warnings = study.warnings;
  if (std::string words = memory_words(study, catalog, packs, limits.memory); !words.empty()) {
    warnings.push_back(std::move(words));
  }
  Json axes = Json::array();
  for (const Axis& axis : study.axes) {
    axes.push_back(
        {{"name", axis.name}, {"pointer", axis.pointer}, {"role", word(axis.role)}, {"values", axis.values}});
  }
  return Json{{"study", study.name},
              {"axes", std::move(axes)},
              {"points", study.points()},
              {"cells", study.cells.size()},
              {"trials", study.trials.size()},
              {"trials_done", study.trials.size() - to_train - to_evaluate},
              {"trials_to_train", to_train},
              {"trials_to_evaluate", to_evaluate},
              {"packs", packs.size()},
              {"lanes_of_largest_pack", most_lanes},
              {"flops", flops},
              {"bytes_of_largest_pack", bytes},
              {"bytes_of_worker", limits.memory},
              {"workers", limits.workers},
              {"flops_per_second", flops_per_second},
              {"seconds", makespan(packs, limits, flops_per_second)},
              {"warnings", std::move(warnings)}};
}

}  // namespace eigensweep::study
