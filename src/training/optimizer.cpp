// SPDX-License-Identifier: MIT
#include "eigensweep/training/optimizer.hpp"

#include <algorithm>

#include "eigensweep/core/error.hpp"

namespace eigensweep::training {

#define EIGENSWEEP_KIND(name)                                              \
  std::unique_ptr<Optimizer> make_##name(const std::vector<Json>& options, \
                                         std::vector<models::NamedTensor>& parameters);
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

double schedule_factor(const Json& schedule, std::int64_t epoch, std::int64_t epochs) {
  const auto kind = schedule.at("kind").get<std::string>();
#define EIGENSWEEP_KIND(name) \
  if (kind == #name) return factor_##name(schedule, epoch, epochs);
#include "schedules.def"
#undef EIGENSWEEP_KIND
  throw ContractViolation("no schedule named '" + kind + "'");
}

std::vector<RateGroup> rate_groups(const std::vector<Json>& options) {
  std::vector<RateGroup> groups;
  for (std::size_t lane = 0; lane < options.size(); ++lane) {
    const auto rate = options[lane].at("learning_rate").get<double>();
    const auto decay = options[lane].at("weight_decay").get<double>();
    auto group = std::find_if(groups.begin(), groups.end(), [&](const RateGroup& candidate) {
      return candidate.learning_rate == rate && candidate.weight_decay == decay;
    });
    if (group == groups.end()) group = groups.insert(groups.end(), {rate, decay, {}});
    group->lanes.push_back(static_cast<std::int64_t>(lane));
  }
  return groups;
}

std::vector<Tensor> part_of(const RateGroup& group, const std::vector<Tensor>& stacked) {
  if (static_cast<std::int64_t>(group.lanes.size()) == stacked.front().size(0)) return stacked;
  std::vector<Tensor> parts;
  parts.reserve(stacked.size() * group.lanes.size());
  for (const Tensor& tensor : stacked) {
    for (const std::int64_t lane : group.lanes) parts.push_back(tensor.select(0, lane));
  }
  return parts;
}

}  // namespace eigensweep::training
