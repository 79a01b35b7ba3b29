// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "eigensweep/study/plan/pack.hpp"
#include "eigensweep/sweep/schedule/tail.hpp"
#include "eigensweep/wire/record.hpp"

namespace eigensweep::sweep {

/// Why an attempt at a pack ended without finishing it.
enum class Failure {
  out_of_memory,  ///< fewer lanes may fit
  error,          ///< the worker said why, and lives on
  crash           ///< the worker died or hung, and is gone until ready() names it again
};

/// Give this pack to this worker.
struct Dispatch {
  std::size_t worker = 0;
  study::Pack pack;
};

/// Nothing more is tried for this trial in this run.
struct GivenUp {
  std::size_t trial = 0;                 ///< index into Study::trials
  bool trained = false;                  ///< the training itself is there; only the evaluations below are not
  std::vector<std::string> evaluations;  ///< ids of the evaluations that are missing
  std::string message;
};

/// Which worker runs what, and what becomes of a pack that failed: the planner, as a state machine without clock, files
/// or messages, so that it can be driven in virtual time. Events go in, actions come out; O(log packs) per event.
///
/// While the end is far, the longest and the shortest predicted packs go out in turn: only long ones, and then only
/// short ones, would have thousands of workers ask again at once. Then the longest goes first. Near the end, when there
/// is no longer such a pack for every worker, packs are cut as finely as makes the end come soonest
/// (sweep/schedule/tail.hpp).
///
/// A pack that fails is reduced to what its records do not cover yet. Then, out of memory: it is halved, and of its
/// group nothing larger is handed out any more. Error or crash: it is tried once more whole, then halved, until a
/// single trial has failed twice by itself and is given up.
class Coordinator {
 public:
  /// `keeps_models`: a trained network can be loaded again. Without, a trial whose pack failed before its last
  /// evaluation starts anew, with all of its evaluations: the numbers of a trial come from one network.
  /// `splits_tail`: false hands out every pack whole.
  Coordinator(std::vector<study::Pack> packs, bool keeps_models, bool splits_tail = true);

  /// The time of what comes next, in seconds from any fixed moment. Without it, running packs count as just begun.
  void at(double now) noexcept { now_ = now; }

  /// This worker (any number below a few millions) can take a pack.
  void ready(std::size_t worker);
  /// A record of the worker's pack has come in. Returns whether it is news: false for a repeated one, which must not be
  /// stored twice. `evaluation` is "" for a training.
  bool recorded(std::size_t worker, std::size_t trial, const std::string& evaluation, wire::Status status);
  /// The worker's pack lacks nothing more of this trial.
  [[nodiscard]] bool has_all(std::size_t worker, std::size_t trial) const;
  /// Records of this trial mean something only together: its network is trained in the worker's pack and not kept.
  [[nodiscard]] bool is_whole_only(std::size_t worker, std::size_t trial) const;
  /// The worker is done with its pack, and ready.
  void finished(std::size_t worker);
  /// The worker's attempt failed; unless it crashed it is ready again.
  void failed(std::size_t worker, Failure failure, const std::string& message);
  /// The pack comes back through no fault of its own: its worker was asked to stop, or never started.
  void returned(std::size_t worker);
  /// From now on nothing is handed out.
  void drain() noexcept { draining_ = true; }

  /// What idle workers get now. `fits`: whether a pack may still be handed out; one that did not fit
  /// is not asked about again until new packs come in, since time only gets shorter.
  std::vector<Dispatch> take_dispatches(const std::function<bool(const study::Pack&)>& fits = {});
  /// A worker is free and work is left, but nothing of it fits any more.
  [[nodiscard]] bool is_stuck() const noexcept { return nothing_fits_ && !idle_.empty() && !waiting_.empty(); }
  std::vector<GivenUp> take_given_up();

  [[nodiscard]] bool has_pack(std::size_t worker) const;
  /// The worker must have one.
  [[nodiscard]] const study::Pack& pack(std::size_t worker) const { return workers_[worker]->pack; }
  /// Evaluation records that the worker's pack makes in all; 0 without a pack.
  [[nodiscard]] std::size_t expected_evaluations(std::size_t worker) const;
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  [[nodiscard]] std::size_t running() const noexcept { return running_; }
  /// How often a pack was cut for the tail.
  [[nodiscard]] std::size_t tail_splits() const noexcept { return tail_splits_; }
  [[nodiscard]] double waiting_flops() const noexcept { return waiting_flops_; }
  /// Every trial has all its records, or was given up.
  [[nodiscard]] bool is_complete() const noexcept { return waiting_.empty() && running_ == 0; }
  /// Nothing runs and nothing will.
  [[nodiscard]] bool is_over() const noexcept { return running_ == 0 && (draining_ || waiting_.empty()); }

 private:
  struct LaneState {
    bool trained = false;
    bool over = false;                ///< diverged or failed: nothing more is expected of it
    std::vector<std::uint8_t> there;  ///< one per evaluation of the pack
  };
  struct Attempt {
    study::Pack pack;
    int failures = 0;       ///< of exactly these lanes
    bool is_fresh = false;  ///< never tried: no checkpoint would be lost if it were cut
    double started = 0;     ///< time of its dispatch
    std::uint64_t order = 0;
    std::vector<LaneState> lanes;
    std::unordered_map<std::size_t, std::size_t> lane_of_trial;
  };
  struct LongestFirst {
    bool operator()(const Attempt& left, const Attempt& right) const noexcept;
  };

  void push(study::Pack pack, int failures, bool is_fresh = false);
  Attempt pop(bool shortest = false);
  void split(const study::Pack& pack);
  void cut(const Attempt& attempt, std::size_t pieces);
  [[nodiscard]] std::size_t pieces_that_fit(const Attempt& attempt) const;
  [[nodiscard]] static TailItem tail_item(const Attempt& attempt);
  [[nodiscard]] bool is_end_far(double rounds) const;
  void plan_ahead();
  Attempt next_piece();
  void give_up(const study::Pack& pack, const std::string& message);
  [[nodiscard]] static bool is_done(const LaneState& lane);
  [[nodiscard]] std::vector<study::Pack> remainder(const Attempt& attempt) const;
  Attempt take(std::size_t worker);

  std::set<Attempt, LongestFirst> waiting_;
  double waiting_flops_ = 0;
  std::uint64_t next_order_ = 0;
  std::deque<std::size_t> idle_;
  std::vector<std::optional<Attempt>> workers_;
  std::size_t running_ = 0;
  std::unordered_map<std::size_t, std::size_t> most_lanes_;  ///< by group, where more ran out of memory
  std::vector<GivenUp> given_up_;
  bool keeps_models_ = true;
  bool draining_ = false;
  bool nothing_fits_ = false;  ///< of what waits

  bool is_short_next_ = false;
  bool splits_tail_ = true;
  std::size_t tail_splits_ = 0;
  double now_ = 0;
  double waiting_overhead_ = 0;
  double finished_flops_ = 0;    // with overhead; over finished_seconds_ it is a worker's speed
  double finished_seconds_ = 0;  // of workers, not of the clock
  TailPlan plan_;
  double planned_at_ = 0;
  bool has_plan_ = false;
};

}  // namespace eigensweep::sweep
