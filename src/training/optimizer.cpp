// SPDX-License-Identifier: MIT
#include "eigensweep/training/optimizer.hpp"

#include <map>
#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::training {

#define EIGENSWEEP_KIND(name)                                              \
  std::unique_ptr<Optimizer> make_##name(const std::vector<Json>& options, \
                                         std::vector<models::NamedTensor>& parameters);
#include "optimizers.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) bool is_adaptive_##name();
#include "optimizers.def"
#undef EIGENSWEEP_KIND
#define EIGENSWEEP_KIND(name) double factor_##name(const Json& options, std::int64_t epoch, std::int64_t epochs);
#include "schedules.def"
#undef EIGENSWEEP_KIND

std::unique_ptr<Optimizer> make_optimizer(const std::vector<Json>& options,
                                          std::vector<models::NamedTensor>& parameters) {
  const auto kind = options.front().at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return make_##name(options, parameters);
#include "optimizers.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation("no optimizer named '" + kind + "'");
}

bool is_adaptive(const Json& optimizer) {
  const auto kind = optimizer.at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return is_adaptive_##name();
#include "optimizers.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation("no optimizer named '" + kind + "'");
}

double schedule_factor(const Json& schedule, std::int64_t epoch, std::int64_t epochs) {
  const auto kind = schedule.at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return factor_##name(schedule, epoch, epochs);
#include "schedules.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation("no schedule named '" + kind + "'");
}

std::vector<RateGroup> rate_groups(const std::vector<Rates>& rates,
                                   const std::vector<models::NamedTensor>& parameters) {
  std::map<double, std::vector<std::size_t>> members;  // by the factor of the rate
  for (std::size_t i = 0; i < parameters.size(); ++i) members[parameters[i].rate].push_back(i);
  std::map<std::pair<double, double>, std::vector<std::int64_t>> lanes;
  for (std::size_t lane = 0; lane < rates.size(); ++lane) {
    lanes[{rates[lane].learning_rate, rates[lane].weight_decay}].push_back(static_cast<std::int64_t>(lane));
  }
  std::vector<RateGroup> groups;
  for (const auto& [of_both, of_lanes] : lanes) {
    for (const auto& [factor, of_parameters] : members) {
      groups.push_back({of_both.first * factor, of_both.second / factor, of_lanes, of_parameters});
    }
  }
  return groups;
}

std::vector<Tensor> part_of(const RateGroup& group, const std::vector<Tensor>& stacked) {
  const bool all_lanes = static_cast<std::int64_t>(group.lanes.size()) == stacked.front().size(0);
  std::vector<Tensor> parts;
  parts.reserve(group.members.size() * (all_lanes ? 1 : group.lanes.size()));
  for (const std::size_t member : group.members) {
    if (all_lanes) {
      parts.push_back(stacked[member]);
      continue;
    }
    for (const std::int64_t lane : group.lanes) parts.push_back(stacked[member].select(0, lane));
  }
  return parts;
}

}  // namespace eigensweep::training
