// SPDX-License-Identifier: MIT
#include "eigensweep/study/plan/pack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "cost.hpp"
#include "eigensweep/core/hash.hpp"
#include "eigensweep/study/declare/sections.hpp"
#include "shapes.hpp"

namespace eigensweep::study {
namespace {

// Enough packs per worker that the last ones to finish leave few workers idle.
constexpr double packs_per_worker = 2;

// Trials that may share packs: they have one shape and the same work to do.
struct Group {
  std::size_t number = 0;
  std::vector<Lane> lanes;
  EvaluationList evaluations;
  std::string evaluations_text;
  LaneCost cost;

  [[nodiscard]] double flops_per_lane() const {
    return (lanes.front().train ? cost.training_flops : 0.0) + cost.evaluation_flops;
  }
};

std::string text_of_evaluations(const std::vector<Evaluation>& evaluations) {
  std::string text;
  for (const Evaluation& evaluation : evaluations) {
    text += fmt::format("{} {}\n", evaluation.id, fmt::join(evaluation.intensities, " "));
  }
  return text;
}

// The evaluations that a network on disk still lacks.
std::vector<Evaluation> missing(const std::vector<Evaluation>& evaluations,
                                const std::map<std::string, std::set<double>>& there) {
  std::vector<Evaluation> left;
  for (const Evaluation& evaluation : evaluations) {
    const auto found = there.find(evaluation.id);
    if (found == there.end()) {
      left.push_back(evaluation);
      continue;
    }
    std::vector<double> intensities;
    for (const double intensity : evaluation.intensities) {
      if (found->second.count(intensity) == 0) intensities.push_back(intensity);
    }
    if (intensities.empty()) continue;
    left.push_back(evaluation);
    left.back().intensities = std::move(intensities);
  }
  return left;
}

void erase_per_lane(const Options& options, Json& section) {
  for (const Option& option : options.all()) {
    if (option.per_lane) section.erase(option.name);
  }
}

class Grouping {
 public:
  Grouping(const Study& study, const Catalog& catalog, const Done& done)
      : study_(study), catalog_(catalog), done_(done), shapes_(study, catalog) {}

  std::vector<Group> groups() {
    for (std::size_t trial = 0; trial < study_.trials.size(); ++trial) add(trial);
    for (Group& group : groups_) {
      sort_by_seed(group.lanes);
    }
    return std::move(groups_);
  }

 private:
  // Lanes of one seed see one order of samples and share each batch.
  void sort_by_seed(std::vector<Lane>& lanes) const {
    std::vector<std::pair<long long, Lane>> by_seed;
    by_seed.reserve(lanes.size());
    for (const Lane& lane : lanes) by_seed.emplace_back(study_.seed(study_.trials[lane.trial]), lane);
    std::stable_sort(by_seed.begin(), by_seed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::transform(by_seed.begin(), by_seed.end(), lanes.begin(), [](const auto& one) { return one.second; });
  }

  void add(std::size_t index) {
    static const std::map<std::string, std::set<double>> nothing;
    const Trial& trial = study_.trials[index];
    if (done_.hopeless.count(trial.id) > 0) return;
    const std::vector<Evaluation>& wanted = study_.evaluations(trial);
    if (done_.trained.count(trial.id) == 0) return place(index, true, wanted);
    const auto there = done_.evaluated.find(trial.id);
    left_ = missing(wanted, there == done_.evaluated.end() ? nothing : there->second);
    if (left_.empty()) return;
    // Without its model it is trained again; then everything is evaluated again, because all numbers of a trial must
    // come from one network, and a network trained in another pack differs in its last digits.
    const bool has_model = done_.with_model.count(trial.id) > 0;
    place(index, !has_model, has_model ? left_ : wanted);
  }

  void place(std::size_t index, bool train, const std::vector<Evaluation>& evaluations) {
    const Trial& trial = study_.trials[index];
    const Key key{train, number_of(evaluations), shapes_.number(trial)};
    const auto [place, is_new] = by_key_.emplace(key, groups_.size());
    if (is_new) {
      groups_.push_back({groups_.size(),
                         {},
                         evaluations,
                         text_of_evaluations(evaluations),
                         lane_cost(study_, catalog_, trial, evaluations)});
    }
    groups_[place->second].lanes.push_back({index, train});
  }

  // Most trials have the same evaluations as the trial before.
  std::size_t number_of(const std::vector<Evaluation>& evaluations) {
    if (&evaluations == last_) return last_number_;
    const std::string text = text_of_evaluations(evaluations);
    const std::size_t number = by_text_.emplace(text, by_text_.size()).first->second;
    // `left_` holds other evaluations in the next call, so its address may not be remembered.
    last_ = &evaluations == &left_ ? nullptr : &evaluations;
    last_number_ = number;
    return number;
  }

  using Key = std::tuple<bool, std::size_t, std::uint32_t>;  // train, evaluations, shape
  const Study& study_;
  const Catalog& catalog_;
  const Done& done_;
  Shapes shapes_;
  std::vector<Evaluation> left_;
  const std::vector<Evaluation>* last_ = nullptr;
  std::size_t last_number_ = 0;
  std::unordered_map<std::string, std::size_t> by_text_;
  std::map<Key, std::size_t> by_key_;
  std::vector<Group> groups_;
};

std::string pack_id(const Study& study, const Pack& pack, const std::string& evaluations) {
  std::string text;
  for (const Lane& lane : pack.lanes) {
    text += study.trials[lane.trial].id;
    text += lane.train ? " train\n" : " load\n";
  }
  return hash::hexadecimal(hash::sha256_digest(text + evaluations), 8);
}

Pack pack_of(const Study& study, const Group& group, const DeviceProfile& device, std::vector<Lane> lanes) {
  Pack pack;
  pack.lanes = std::move(lanes);
  pack.evaluations = group.evaluations;
  pack.flops = static_cast<double>(pack.lanes.size()) * group.flops_per_lane();
  pack.is_of_cpu = group.cost.is_of_cpu;
  pack.overhead_flops = overhead_share(group.cost, device) * group.flops_per_lane();
  pack.least_lanes = least_lanes(group.cost, device);
  pack.bytes = pack_bytes(study, group.cost, pack.lanes, device.memory_growth);
  pack.group = group.number;
  pack.id = pack_id(study, pack, group.evaluations_text);
  return pack;
}

// Cuts a group into packs of nearly equal size, none above `most`.
void cut(const Study& study, const Group& group, const DeviceProfile& device, std::size_t most,
         std::vector<Pack>& packs) {
  const std::size_t count = (group.lanes.size() + most - 1) / most;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = group.lanes.begin() + static_cast<std::ptrdiff_t>(group.lanes.size() * i / count);
    const auto end = group.lanes.begin() + static_cast<std::ptrdiff_t>(group.lanes.size() * (i + 1) / count);
    packs.push_back(pack_of(study, group, device, {begin, end}));
  }
}

// The seeds of a group's lanes, which are sorted by them.
std::size_t seeds_of(const Study& study, const Group& group) {
  std::size_t seeds = 0;
  long long last = 0;
  for (const Lane& lane : group.lanes) {
    const long long seed = study.seed(study.trials[lane.trial]);
    if (seeds == 0 || seed != last) ++seeds;
    last = seed;
  }
  return seeds;
}

// Takes the packs that can be resumed out of a group. Cutting the whole group again could join other lanes, and a pack
// of other lanes could not use a checkpoint.
void take_under_way(const Study& study, const Done& done, const PackLimits& limits, Group& group,
                    std::vector<Pack>& packs) {
  if (done.under_way.empty()) return;
  std::unordered_map<std::string, Lane> waiting;  // by trial id
  for (const Lane& lane : group.lanes) {
    if (lane.train) waiting.emplace(study.trials[lane.trial].id, lane);
  }
  for (const std::vector<std::string>& trials : done.under_way) {
    std::vector<Lane> lanes;
    for (const std::string& trial : trials) {
      if (const auto found = waiting.find(trial); found != waiting.end()) lanes.push_back(found->second);
    }
    if (lanes.empty() || lanes.size() != trials.size()) continue;
    Pack pack = pack_of(study, group, limits.device, lanes);
    if (pack.bytes > limits.memory && lanes.size() > 1) continue;
    pack.has_checkpoint = true;
    packs.push_back(std::move(pack));
    for (const std::string& trial : trials) waiting.erase(trial);
    std::erase_if(group.lanes, [&](const Lane& lane) {
      return std::any_of(lanes.begin(), lanes.end(), [&](const Lane& taken) { return taken.trial == lane.trial; });
    });
  }
}

// The most lanes of a pack, so that every worker gets packs: two each, or one where two would mostly be fixed cost.
// `share`: operations of one of the two.
std::size_t balanced_lanes(const Group& group, const DeviceProfile& device, double share) {
  const double flops = std::max(group.flops_per_lane(), 1.0);
  const double least = static_cast<double>(least_lanes(group.cost, device));
  const double whole = std::floor(packs_per_worker * share / flops);
  return static_cast<std::size_t>(std::max({std::floor(share / flops), std::min(least, whole), 1.0}));
}

}  // namespace

const std::vector<Evaluation>& EvaluationList::get() const noexcept {
  static const std::vector<Evaluation> nothing;
  return list_ == nullptr ? nothing : *list_;
}

std::string shape_key(const Study& study, const Catalog& catalog, const Trial& trial) {
  Json shape = study.config(trial);
  shape.erase("seed");
  for_each_kind(shape, [&catalog](Family family, const std::string&, Json& section) {
    erase_per_lane(kind_of(catalog, family, section).options, section);
  });
  return shape.dump();
}

std::vector<Pack> form_packs(const Study& study, const Catalog& catalog, const Done& done, const PackLimits& limits) {
  std::vector<Group> groups = Grouping(study, catalog, done).groups();
  double total = 0;
  for (const Group& group : groups) total += static_cast<double>(group.lanes.size()) * group.flops_per_lane();
  const double share = total / (packs_per_worker * static_cast<double>(std::max<std::size_t>(limits.workers, 1)));
  std::vector<Pack> packs;
  for (Group& group : groups) {
    take_under_way(study, done, limits, group, packs);
    const std::size_t seeds = seeds_of(study, group);
    std::size_t most = best_lanes(group.cost, limits.device, limits.memory, seeds);
    if (limits.most_lanes > 0) {
      // The user's number replaces the number that the cost model finds fastest, but the memory still limits it.
      const double growth = limits.device.memory_growth;
      most = std::max<std::size_t>(group.cost.memory.most_lanes(limits.memory, seeds, growth, limits.most_lanes), 1);
    } else if (limits.workers > 1) {
      most = std::min(most, balanced_lanes(group, limits.device, share));
    }
    cut(study, group, limits.device, most, packs);
  }
  std::stable_sort(packs.begin(), packs.end(), [](const Pack& a, const Pack& b) { return a.flops > b.flops; });
  return packs;
}

}  // namespace eigensweep::study
