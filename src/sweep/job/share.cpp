// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/job/share.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <tuple>

#include "eigensweep/core/here.hpp"
#include "eigensweep/core/json.hpp"
#include "eigensweep/core/text.hpp"

namespace eigensweep::sweep {
namespace {

bool overlap(const std::vector<int>& one, const std::vector<int>& other) {
  return std::find_first_of(one.begin(), one.end(), other.begin(), other.end()) != one.end();
}

std::string for_ranks(std::size_t ranks) { return ranks == 1 ? "" : fmt::format(" for {} ranks", ranks); }

/// The number of ranks in a control group, at least 1.
std::size_t count_in(const std::vector<Sight>& ranks, const std::string& group,
                     std::vector<GroupLimit> GroupLimits::*kind) {
  const auto is_in = [&](const Sight& rank) {
    const std::vector<GroupLimit>& limits = rank.limits.*kind;
    return std::any_of(limits.begin(), limits.end(), [&](const GroupLimit& limit) { return limit.group == group; });
  };
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::count_if(ranks.begin(), ranks.end(), is_in)));
}

void take_cores(const std::vector<Sight>& ranks, std::size_t own, Share& share) {
  const std::vector<int>& mask = ranks[own].cpus;
  std::size_t sharers = 0, before = 0;
  bool are_equal = true;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (!overlap(ranks[i].cpus, mask)) continue;
    ++sharers;
    if (i < own) ++before;
    are_equal = are_equal && ranks[i].cpus == mask;
  }
  sharers = std::max<std::size_t>(1, sharers);
  share.cpus = mask;
  if (are_equal && sharers <= mask.size()) {
    const auto at = [&](std::size_t i) {
      return mask.begin() + static_cast<std::ptrdiff_t>(i * mask.size() / sharers);
    };
    share.cpus.assign(at(before), at(before + 1));
  }
  share.cores = std::max<std::size_t>(1, mask.size() / sharers);
  const std::string in_mask = fmt::format("{} in the affinity mask{}", mask.size(), for_ranks(sharers));
  share.cores_by = sharers == 1 ? in_mask : fmt::format("{} of the {}", share.cores, in_mask);
  auto least = static_cast<double>(share.cores);  // a quota may make it less than one core; one thread then uses it
  for (const GroupLimit& limit : ranks[own].limits.cores) {
    const std::size_t members = count_in(ranks, limit.group, &GroupLimits::cores);
    const double allowed = limit.value / static_cast<double>(members);
    if (allowed >= least) continue;
    least = allowed;
    share.cores = static_cast<std::size_t>(std::max(1.0, std::floor(allowed)));
    share.cores_by = fmt::format("{} by the control group's quota of {}{} ({}), {}", share.cores,
                                 text::number(limit.value), for_ranks(members), limit.file, in_mask);
  }
}

void take_memory(const std::vector<Sight>& ranks, std::size_t own, Share& share) {
  share.memory = ranks[own].memory / static_cast<double>(ranks.size());
  const std::string in_machine =
      fmt::format("{} in the machine{}", text::bytes(ranks[own].memory), for_ranks(ranks.size()));
  share.memory_by = ranks.size() == 1 ? in_machine : fmt::format("{} of the {}", text::bytes(share.memory), in_machine);
  for (const GroupLimit& limit : ranks[own].limits.memory) {
    const std::size_t members = count_in(ranks, limit.group, &GroupLimits::memory);
    const double allowed = limit.value / static_cast<double>(members);
    if (allowed >= share.memory) continue;
    share.memory = allowed;
    share.memory_by = fmt::format("{} by the control group's limit of {}{} ({}), {}", text::bytes(allowed),
                                  text::bytes(limit.value), for_ranks(members), limit.file, in_machine);
  }
}

Json to_json(const std::vector<GroupLimit>& limits) {
  Json list = Json::array();
  for (const GroupLimit& limit : limits) list.push_back({limit.value, limit.file, limit.group});
  return list;
}

std::vector<GroupLimit> limits_from_json(const Json& list) {
  std::vector<GroupLimit> limits;
  for (const Json& entry : list) {
    limits.push_back({entry[0].get<double>(), entry[1].get<std::string>(), entry[2].get<std::string>(), 0});
  }
  return limits;
}

/// The sights of all ranks of this machine, by node_rank.
std::vector<Sight> exchange(const Communicator& communicator, const Sight& own) {
  std::vector<std::uint8_t> mine = Json::to_cbor({{"cpus", own.cpus},
                                                  {"memory", own.memory},
                                                  {"core_limits", to_json(own.limits.cores)},
                                                  {"memory_limits", to_json(own.limits.memory)}});
  const std::uint64_t length = mine.size();
  std::vector<std::uint8_t> bytes(sizeof(length));
  std::memcpy(bytes.data(), &length, sizeof(length));
  std::vector<std::uint64_t> lengths;
  for (const auto& other : communicator.gather_on_node(bytes)) {
    std::memcpy(&lengths.emplace_back(), other.data(), sizeof(std::uint64_t));
  }
  mine.resize(*std::max_element(lengths.begin(), lengths.end()));
  const auto all = communicator.gather_on_node(mine);
  std::vector<Sight> sights;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Json told = Json::from_cbor(all[i].begin(), all[i].begin() + static_cast<std::ptrdiff_t>(lengths[i]));
    Sight& sight = sights.emplace_back();
    sight.cpus = told.at("cpus").get<std::vector<int>>();
    sight.memory = told.at("memory").get<double>();
    sight.limits.cores = limits_from_json(told.at("core_limits"));
    sight.limits.memory = limits_from_json(told.at("memory_limits"));
  }
  return sights;
}

}  // namespace

std::vector<int> in_machine_order(std::vector<int> cpus, const std::filesystem::path& root) {
  const auto number_in = [&](int cpu, const char* name) {
    std::ifstream stream(root / fmt::format("sys/devices/system/cpu/cpu{}/topology/{}", cpu, name));
    int number = 0;
    stream >> number;
    return number;
  };
  std::vector<std::tuple<int, int, int>> places;
  for (const int cpu : cpus) {
    places.emplace_back(number_in(cpu, "physical_package_id"), number_in(cpu, "core_id"), cpu);
  }
  std::sort(places.begin(), places.end());
  for (std::size_t i = 0; i < cpus.size(); ++i) cpus[i] = std::get<2>(places[i]);
  return cpus;
}

Sight look(const std::filesystem::path& root) {
  Sight sight;
  sight.cpus = in_machine_order(allowed_cpus(), root);
  sight.memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  sight.limits = group_limits(root);
  return sight;
}

Share share_of(const std::vector<Sight>& ranks, std::size_t own) {
  Share share;
  take_cores(ranks, own, share);
  take_memory(ranks, own, share);
  share.problems = ranks[own].limits.problems;
  return share;
}

Share take_share(const Communicator& communicator) {
  const Sight own = look(system_root());
  std::vector<Sight> ranks = exchange(communicator, own);
  const auto place = static_cast<std::size_t>(communicator.node_rank());
  ranks[place] = own;
  return share_of(ranks, place);
}

}  // namespace eigensweep::sweep
