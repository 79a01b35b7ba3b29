// SPDX-License-Identifier: MIT
#include "eigensweep/sweep/schedule/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <numbers>
#include <optional>
#include <queue>
#include <utility>

#include "eigensweep/core/error.hpp"
#include "eigensweep/core/random.hpp"
#include "eigensweep/sweep/schedule/coordinator.hpp"
#include "eigensweep/sweep/schedule/pace.hpp"

namespace eigensweep::sweep {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr double shortest_seconds = Seconds(shortest_pause).count();
constexpr double longest_leader_seconds = Seconds(longest_leader_pause).count();
constexpr double longest_follower_seconds = Seconds(longest_follower_pause).count();

/// A message of a worker.
struct Message {
  double at = 0;  ///< when it arrives
  std::uint64_t order = 0;
  std::size_t worker = 0;
  std::size_t stage = 0;  ///< 0: the trainings' records; i: those of evaluation i - 1

  bool operator>(const Message& other) const { return at != other.at ? at > other.at : order > other.order; }
};

/// A log-normal factor of mean 1, determined by the seed and the trial.
double factor_of(std::uint64_t seed, std::uint64_t trial, double spread) {
  if (spread <= 0) return 1;
  constexpr double two_53 = 9007199254740992.0;
  const auto uniform = [&](std::uint64_t draw) {
    const std::uint64_t bits = random::mix(random::mix(seed * 2 + draw) ^ random::mix(trial + 1));
    return (static_cast<double>(bits >> 11) + 0.5) / two_53;
  };
  const double normal = std::sqrt(-2 * std::log(uniform(0))) * std::cos(2 * std::numbers::pi * uniform(1));
  return std::exp(spread * normal - 0.5 * spread * spread);
}

class Simulation {
 public:
  Simulation(std::vector<study::Pack> packs, const SimulationOptions& options)
      : options_(options), running_(options.workers), free_at_(options.workers, 0.0), spoke_at_(options.workers, 0.0) {
    double work = 0;
    double longest = 0;
    for (const study::Pack& pack : packs) {
      const double seconds = seconds_of(pack);
      work += seconds;
      longest = std::max(longest, seconds);
    }
    result_.bound = std::max(work / static_cast<double>(options.workers), longest);
    coordinator_.emplace(std::move(packs), true, options.splits_tail);
  }

  SimulationResult run() {
    for (std::size_t worker = 0; worker < options_.workers; ++worker) coordinator_->ready(worker);
    hand_out();
    while (!messages_.empty()) turn();
    append();
    EIGENSWEEP_EXPECT(coordinator_->is_complete());
    conclude();
    return result_;
  }

 private:
  [[nodiscard]] double seconds_of(const study::Pack& pack) const {
    return (pack.flops + pack.overhead_flops) / options_.flops_per_second *
           factor_of(options_.seed, pack.lanes.front().trial, options_.spread);
  }

  /// Rank 0 is busy for so long.
  void work(double seconds) {
    now_ += seconds;
    busy_ += seconds;
  }

  /// Sleeps until a message has arrived. Turns that handle only progress messages are accounted for together.
  void wait() {
    const double progress = std::min(options_.costs.progress_per_second * static_cast<double>(coordinator_->running()),
                                     most_progress_per_second);
    const double until = messages_.top().at;
    const double pause = progress * longest_leader_seconds > 1 ? shortest_seconds : longest_leader_seconds;
    double passed = shortest_seconds;  // the least sleep of a turn
    const bool is_quiet = until > now_ + shortest_seconds;
    if (is_quiet) passed = until - now_ + 0.5 * pause;
    now_ += passed;
    const double since = now_ - progress_until_;
    progress_until_ = now_;
    // During a quiet time, earlier turns have handled the progress messages; only those of the last pause are left.
    const double backlog = is_quiet ? std::min(since, pause) : since;
    if (is_quiet) busy_ += passed / (pause + options_.costs.turn) * options_.costs.turn;
    busy_ += (since - backlog) * progress * options_.costs.message;
    work(backlog * progress * options_.costs.message);
  }

  void turn() {
    wait();
    coordinator_->at(now_);
    const double arrived_until = now_;
    std::size_t records = 0;
    std::vector<Message> taken;
    while (!messages_.empty() && messages_.top().at <= arrived_until) {
      taken.push_back(messages_.top());
      messages_.pop();
      records += store(taken.back());
    }
    work(options_.costs.turn + static_cast<double>(records) * options_.costs.record);
    unsaved_ += records;
    if (now_ >= next_append_) append();
    result_.records += records;
    for (const Message& message : taken) {
      if (message.stage < running_[message.worker].evaluations.size()) continue;
      work(options_.costs.message);
      spoke_at_[message.worker] = message.at;
      coordinator_->finished(message.worker);
    }
    hand_out();
  }

  void append() {
    if (unsaved_ == 0) return;
    const double seconds = options_.costs.append + static_cast<double>(unsaved_) * options_.costs.disk;
    work(seconds);
    next_append_ = now_ + pause_after_append(seconds);
    unsaved_ = 0;
    ++result_.appends;
  }

  std::size_t store(const Message& message) {
    const study::Pack& pack = running_[message.worker];
    const std::string evaluation = message.stage == 0 ? "" : pack.evaluations[message.stage - 1].id;
    std::size_t records = 0;
    for (const study::Lane& lane : pack.lanes) {
      if (message.stage == 0 && !lane.train) continue;
      records += coordinator_->recorded(message.worker, lane.trial, evaluation, wire::Status::ok) ? 1 : 0;
    }
    return records;
  }

  void hand_out() {
    for (Dispatch& dispatch : coordinator_->take_dispatches()) {
      work(options_.costs.dispatch);
      start(dispatch.worker, std::move(dispatch.pack));
    }
    if (coordinator_->waiting() == 0 && !is_dry_) {
      is_dry_ = true;
      result_.dry_at = now_;
    }
  }

  void start(std::size_t worker, study::Pack pack) {
    if (result_.packs++ >= options_.workers) waits_.push_back(now_ - spoke_at_[worker]);
    const double begin = heard_at(spoke_at_[worker], now_ + options_.costs.latency);
    const double seconds = seconds_of(pack);
    const double trained = begin + options_.train_share * seconds;
    const std::size_t stages = pack.evaluations.size();
    for (std::size_t stage = 0; stage <= stages; ++stage) {
      const double share = stages == 0 ? 1.0 : static_cast<double>(stage) / static_cast<double>(stages);
      const double end = stages == 0 ? begin + seconds : trained + share * (1 - options_.train_share) * seconds;
      messages_.push({end + options_.costs.latency, order_++, worker, stage});
    }
    work_done_ += seconds;
    free_at_[worker] = begin + seconds;
    running_[worker] = std::move(pack);
  }

  /// When a rank that last spoke at `since`, and polls at growing intervals, finds a message that arrived at `arrival`.
  static double heard_at(double since, double arrival) {
    double look = since;
    for (double pause = shortest_seconds; look < arrival; pause = std::min(2 * pause, longest_follower_seconds)) {
      if (pause == longest_follower_seconds) return look + std::ceil((arrival - look) / pause) * pause;
      look += pause;
    }
    return look;
  }

  void conclude() {
    result_.makespan = now_;
    const double all = static_cast<double>(options_.workers) * result_.makespan;
    result_.utilisation = all > 0 ? work_done_ / all : 1;
    result_.load = result_.makespan > 0 ? busy_ / result_.makespan : 0;
    result_.tail_splits = coordinator_->tail_splits();
    for (const double end : free_at_) result_.tail_idle += result_.makespan - std::max(end, result_.dry_at);
    if (waits_.empty()) return;
    std::sort(waits_.begin(), waits_.end());
    for (const double seconds : waits_) result_.mean_wait += seconds / static_cast<double>(waits_.size());
    result_.longest_wait = waits_.back();
    result_.wait_99 = waits_[waits_.size() * 99 / 100];
  }

  const SimulationOptions& options_;
  std::optional<Coordinator> coordinator_;
  std::vector<study::Pack> running_;
  std::vector<double> free_at_;
  std::vector<double> spoke_at_;
  std::vector<double> waits_;
  std::priority_queue<Message, std::vector<Message>, std::greater<>> messages_;
  std::uint64_t order_ = 0;
  double now_ = 0;
  double busy_ = 0;
  double progress_until_ = 0;
  double next_append_ = 0;
  std::size_t unsaved_ = 0;
  double work_done_ = 0;
  bool is_dry_ = false;
  SimulationResult result_;
};

}  // namespace

std::vector<study::Pack> synthetic_packs(const SyntheticWork& work, std::size_t workers) {
  constexpr std::size_t most_shapes = 64;
  constexpr double packs_per_worker = 2;
  const std::size_t shapes = std::min(most_shapes, work.trials);
  std::vector<double> costs;
  double mean = 0;
  for (std::size_t shape = 0; shape < shapes; ++shape) {
    const double place = shapes == 1 ? 0.0 : static_cast<double>(shape) / static_cast<double>(shapes - 1);
    costs.push_back(std::pow(work.range, place));
    mean += costs.back() / static_cast<double>(shapes);
  }
  std::vector<study::Evaluation> evaluations(work.evaluations);
  for (std::size_t i = 0; i < evaluations.size(); ++i) evaluations[i].id = fmt::format("evaluation-{}", i);
  const study::EvaluationList shared(std::move(evaluations));
  const double share =
      work.seconds_per_trial * static_cast<double>(work.trials) / (packs_per_worker * static_cast<double>(workers));
  std::vector<study::Pack> packs;
  for (std::size_t shape = 0; shape < shapes; ++shape) {
    const std::size_t first = work.trials * shape / shapes;
    const std::size_t lanes = work.trials * (shape + 1) / shapes - first;
    const double seconds = work.seconds_per_trial * costs[shape] / mean;
    const auto most = static_cast<std::size_t>(
        std::clamp(std::floor(share / std::max(seconds, 1e-12)), 1.0, static_cast<double>(work.most_lanes)));
    const std::size_t count = (lanes + most - 1) / most;
    for (std::size_t i = 0; i < count; ++i) {
      study::Pack pack;
      pack.id = fmt::format("{}-{}", shape, i);
      for (std::size_t lane = lanes * i / count; lane < lanes * (i + 1) / count; ++lane) {
        pack.lanes.push_back({first + lane, true});
      }
      pack.evaluations = shared;
      pack.flops = seconds * static_cast<double>(pack.lanes.size());
      pack.overhead_flops = work.overhead * seconds;
      packs.push_back(std::move(pack));
    }
  }
  std::stable_sort(packs.begin(), packs.end(),
                   [](const study::Pack& a, const study::Pack& b) { return a.flops > b.flops; });
  return packs;
}

SimulationResult simulate(std::vector<study::Pack> packs, const SimulationOptions& options) {
  return Simulation(std::move(packs), options).run();
}

}  // namespace eigensweep::sweep
