// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/coordinator.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "eigensweep/core/error.hpp"

namespace eigensweep::sweep {
namespace {

/// After so many failures the same lanes are split; a single lane is given up.
constexpr int most_failures = 2;

std::optional<std::size_t> index_of(const study::Pack& pack, const std::string& evaluation) {
  for (std::size_t i = 0; i < pack.evaluations.size(); ++i) {
    if (pack.evaluations[i].id == evaluation) return i;
  }
  return std::nullopt;
}

/// A part of `pack` with these lanes and evaluations. The predicted work is divided by lanes.
study::Pack part_of(const study::Pack& pack, std::vector<study::Lane> lanes, study::EvaluationList evaluations,
                    std::string id) {
  study::Pack part;
  const double share = static_cast<double>(lanes.size()) / static_cast<double>(pack.lanes.size());
  part.id = std::move(id);
  part.lanes = std::move(lanes);
  part.evaluations = std::move(evaluations);
  part.flops = pack.flops * share;
  part.overhead_flops = pack.overhead_flops;
  part.least_lanes = pack.least_lanes;
  part.bytes = pack.bytes * share;
  part.group = pack.group;
  return part;
}

}  // namespace

Coordinator::Coordinator(std::vector<study::Pack> packs, bool keeps_models, bool splits_tail)
    : keeps_models_(keeps_models), splits_tail_(splits_tail) {
  for (study::Pack& pack : packs) {
    const bool may_be_cut = !pack.has_checkpoint;
    push(std::move(pack), 0, may_be_cut);
  }
}

bool Coordinator::LongestFirst::operator()(const Attempt& left, const Attempt& right) const noexcept {
  const double left_cost = left.pack.flops + left.pack.overhead_flops;
  const double right_cost = right.pack.flops + right.pack.overhead_flops;
  if (left_cost != right_cost) return left_cost > right_cost;
  return left.order < right.order;
}

void Coordinator::push(study::Pack pack, int failures, bool is_fresh) {
  Attempt attempt;
  attempt.pack = std::move(pack);
  attempt.failures = failures;
  attempt.is_fresh = is_fresh;
  attempt.order = next_order_++;
  waiting_flops_ += attempt.pack.flops;
  nothing_fits_ = false;
  waiting_overhead_ += attempt.pack.overhead_flops;
  waiting_.insert(std::move(attempt));
}

Coordinator::Attempt Coordinator::pop(bool shortest) {
  const auto which = shortest ? std::prev(waiting_.end()) : waiting_.begin();
  Attempt attempt = std::move(waiting_.extract(which).value());
  waiting_flops_ = waiting_.empty() ? 0.0 : waiting_flops_ - attempt.pack.flops;
  waiting_overhead_ = waiting_.empty() ? 0.0 : waiting_overhead_ - attempt.pack.overhead_flops;
  return attempt;
}

void Coordinator::ready(std::size_t worker) {
  has_plan_ = false;
  if (worker >= workers_.size()) workers_.resize(worker + 1);
  EIGENSWEEP_EXPECT(!workers_[worker]);
  idle_.push_back(worker);
}

bool Coordinator::has_pack(std::size_t worker) const { return worker < workers_.size() && workers_[worker]; }

std::size_t Coordinator::expected_evaluations(std::size_t worker) const {
  return has_pack(worker) ? workers_[worker]->pack.lanes.size() * workers_[worker]->pack.evaluations.size() : 0;
}

/// Replaces the attempt by so many attempts at nearly equal parts of its pack.
void Coordinator::cut(const Attempt& attempt, std::size_t pieces) {
  const study::Pack& pack = attempt.pack;
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto begin = pack.lanes.begin() + static_cast<std::ptrdiff_t>(pack.lanes.size() * i / pieces);
    const auto end = pack.lanes.begin() + static_cast<std::ptrdiff_t>(pack.lanes.size() * (i + 1) / pieces);
    push(part_of(pack, {begin, end}, pack.evaluations, fmt::format("{}.{}", pack.id, i)), attempt.failures, true);
  }
}

std::vector<GivenUp> Coordinator::take_given_up() { return std::exchange(given_up_, {}); }

bool Coordinator::is_done(const LaneState& lane) {
  return lane.over || (lane.trained && std::find(lane.there.begin(), lane.there.end(), 0) == lane.there.end());
}

bool Coordinator::has_all(std::size_t worker, std::size_t trial) const {
  if (!has_pack(worker)) return false;
  const Attempt& attempt = *workers_[worker];
  const auto found = attempt.lane_of_trial.find(trial);
  return found != attempt.lane_of_trial.end() && is_done(attempt.lanes[found->second]);
}

bool Coordinator::is_whole_only(std::size_t worker, std::size_t trial) const {
  if (keeps_models_ || !has_pack(worker)) return false;
  const Attempt& attempt = *workers_[worker];
  const auto found = attempt.lane_of_trial.find(trial);
  return found != attempt.lane_of_trial.end() && attempt.pack.lanes[found->second].train;
}

bool Coordinator::recorded(std::size_t worker, std::size_t trial, const std::string& evaluation, wire::Status status) {
  if (!has_pack(worker)) return false;
  Attempt& attempt = *workers_[worker];
  const auto found = attempt.lane_of_trial.find(trial);
  if (found == attempt.lane_of_trial.end()) return false;
  LaneState& lane = attempt.lanes[found->second];
  if (lane.over) return false;
  if (evaluation.empty()) {
    lane.over = status != wire::Status::ok;
    return !std::exchange(lane.trained, true);
  }
  const auto index = index_of(attempt.pack, evaluation);
  return index && std::exchange(lane.there[*index], std::uint8_t{1}) == 0;
}

Coordinator::Attempt Coordinator::take(std::size_t worker) {
  EIGENSWEEP_EXPECT(has_pack(worker));
  Attempt attempt = std::move(*workers_[worker]);
  workers_[worker].reset();
  --running_;
  return attempt;
}

std::vector<study::Pack> Coordinator::remainder(const Attempt& attempt) const {
  const study::Pack& pack = attempt.pack;
  // Lanes that lack the same records stay in one pack.
  std::map<std::pair<bool, std::vector<std::uint8_t>>, std::vector<study::Lane>> groups;
  for (std::size_t i = 0; i < pack.lanes.size(); ++i) {
    const LaneState& lane = attempt.lanes[i];
    if (is_done(lane)) continue;
    study::Lane left = pack.lanes[i];
    if (left.train && !keeps_models_) {
      groups[{true, std::vector<std::uint8_t>(pack.evaluations.size(), 0)}].push_back(left);
    } else {
      left.train = left.train && !lane.trained;
      groups[{left.train, lane.there}].push_back(left);
    }
  }
  std::vector<study::Pack> packs;
  for (auto& [key, lanes] : groups) {
    std::vector<study::Evaluation> evaluations;
    for (std::size_t i = 0; i < pack.evaluations.size(); ++i) {
      if (key.second[i] == 0) evaluations.push_back(pack.evaluations[i]);
    }
    // Unchanged work keeps its id, and so finds its checkpoint.
    const bool whole = lanes.size() == pack.lanes.size() && evaluations.size() == pack.evaluations.size() &&
                       std::equal(lanes.begin(), lanes.end(), pack.lanes.begin(),
                                  [](const study::Lane& a, const study::Lane& b) { return a.train == b.train; });
    std::string id = whole ? pack.id : fmt::format("{}.r{}", pack.id, packs.size());
    packs.push_back(part_of(pack, std::move(lanes), std::move(evaluations), std::move(id)));
  }
  return packs;
}

void Coordinator::split(const study::Pack& pack) {
  const auto middle = pack.lanes.begin() + static_cast<std::ptrdiff_t>((pack.lanes.size() + 1) / 2);
  study::Pack first = part_of(pack, {pack.lanes.begin(), middle}, pack.evaluations, pack.id + ".0");
  study::Pack second = part_of(pack, {middle, pack.lanes.end()}, pack.evaluations, pack.id + ".1");
  // A half of several lanes is tried once, so that a bad trial among many is found fast; a single trial is tried twice.
  const int failures = pack.lanes.size() > 2 ? most_failures - 1 : 0;
  for (study::Pack* half : {&first, &second}) push(std::move(*half), half->lanes.size() == 1 ? 0 : failures);
}

void Coordinator::give_up(const study::Pack& pack, const std::string& message) {
  for (const study::Lane& lane : pack.lanes) {
    GivenUp given_up;
    given_up.trial = lane.trial;
    given_up.trained = !lane.train;
    given_up.evaluations = pack.evaluations;
    given_up.message = message;
    given_up_.push_back(std::move(given_up));
  }
}

void Coordinator::finished(std::size_t worker) {
  const Attempt attempt = take(worker);
  finished_flops_ += attempt.pack.flops + attempt.pack.overhead_flops;
  finished_seconds_ += now_ - attempt.started;
  idle_.push_back(worker);
  for (study::Pack& pack : remainder(attempt)) {
    give_up(pack, "the worker called its pack finished without a record of this trial");
  }
}

void Coordinator::failed(std::size_t worker, Failure failure, const std::string& message) {
  const Attempt attempt = take(worker);
  has_plan_ = false;
  if (failure != Failure::crash) ready(worker);
  if (failure == Failure::out_of_memory) {
    const std::size_t half = (attempt.pack.lanes.size() + 1) / 2;
    const auto [known, is_new] = most_lanes_.emplace(attempt.pack.group, half);
    known->second = std::min(known->second, half);
  }
  for (study::Pack& pack : remainder(attempt)) {
    const bool whole = pack.lanes.size() == attempt.pack.lanes.size();
    const int failures = whole ? attempt.failures + 1 : 1;
    const bool again = failures < most_failures;
    if (pack.lanes.size() > 1 && (failure == Failure::out_of_memory || !again)) {
      split(pack);
    } else if (again) {
      push(std::move(pack), failures);
    } else {
      give_up(pack, message);
    }
  }
}

void Coordinator::returned(std::size_t worker) {
  const Attempt attempt = take(worker);
  for (study::Pack& pack : remainder(attempt)) push(std::move(pack), attempt.failures);
}

}  // namespace eigensweep::sweep
