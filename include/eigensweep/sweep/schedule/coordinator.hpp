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
  error,          ///< the worker reported an error, and keeps running
  crash           ///< the worker died or hung; ready() announces its successor
};

/// A decision: this worker gets this pack.
struct Dispatch {
  std::size_t worker = 0;
  study::Pack pack;
};

/// A trial that is not retried any more in this run.
struct GivenUp {
  std::size_t trial = 0;              ///< index into Study::trials
  bool trained = false;               ///< its training is done; only the evaluations below are missing
  study::EvaluationList evaluations;  ///< what is missing
  std::string message;
};

/// Decides which worker runs which pack, and what happens to failed packs. It is a state machine without clock, files
/// or messages, so that tests and the simulation can drive it in virtual time. An event costs O(log packs).
///
/// The longest pack is handed out first. With hundreds of workers and much work left, the longest and the shortest
/// alternate: with packs of one length only, all workers would finish and ask again at the same time. Near the end,
/// when less work is left than one longest pack for each worker, packs are cut so that the last worker finishes as
/// early as possible (sweep/schedule/tail.hpp).
///
/// Only the unfinished work of a failed pack is retried. Out of memory: the pack is halved, and no larger pack of its
/// group is handed out any more. Error or crash: the pack is retried whole once, then halved. A single trial that fails
/// twice alone is given up.
class Coordinator {
 public:
  /// `keeps_models`: trained networks are saved and can be loaded again. Otherwise a trial whose pack failed before its
  /// last evaluation is trained again and all its evaluations are repeated, because all numbers of a trial must come
  /// from one network. `splits_tail`: false never cuts packs near the end.
  Coordinator(std::vector<study::Pack> packs, bool keeps_models, bool splits_tail = true);

  /// Sets the time of the following events, in seconds from any fixed moment. Without it, every running pack counts as
  /// just started.
  void at(double now) noexcept { now_ = now; }

  /// This worker can take a pack. Worker numbers index an array, so they should be small.
  void ready(std::size_t worker);
  /// A record of the worker's pack has arrived. `evaluation` is "" for a training. Returns false for a duplicate, which
  /// must not be stored.
  bool recorded(std::size_t worker, std::size_t trial, const std::string& evaluation, wire::Status status);
  /// Whether all records of this trial in the worker's pack have arrived.
  [[nodiscard]] bool has_all(std::size_t worker, std::size_t trial) const;
  /// Whether records of this trial may only be stored together: its network is trained in the worker's pack and not
  /// saved.
  [[nodiscard]] bool is_whole_only(std::size_t worker, std::size_t trial) const;
  /// The worker has finished its pack and can take the next one.
  void finished(std::size_t worker);
  /// The worker's pack failed. Unless the worker crashed, it can take the next one.
  void failed(std::size_t worker, Failure failure, const std::string& message);
  /// The pack comes back, which does not count as its failure: its worker was asked to stop, or never started.
  void returned(std::size_t worker);
  /// From now on no pack is handed out.
  void drain() noexcept { draining_ = true; }

  /// Hands packs to idle workers. `fits`: whether there is still time for a pack. Once no waiting pack fits, nothing is
  /// asked again until a pack comes back, because the time left only shrinks.
  std::vector<Dispatch> take_dispatches(const std::function<bool(const study::Pack&)>& fits = {});
  /// Whether a worker is idle and packs are waiting, but none of them fits any more.
  [[nodiscard]] bool is_stuck() const noexcept { return nothing_fits_ && !idle_.empty() && !waiting_.empty(); }
  std::vector<GivenUp> take_given_up();

  [[nodiscard]] bool has_pack(std::size_t worker) const;
  /// The worker's pack; it must have one.
  [[nodiscard]] const study::Pack& pack(std::size_t worker) const { return workers_[worker]->pack; }
  /// Total number of evaluation records of the worker's pack; 0 without a pack.
  [[nodiscard]] std::size_t expected_evaluations(std::size_t worker) const;
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  [[nodiscard]] std::size_t running() const noexcept { return running_; }
  /// How often a pack was cut near the end.
  [[nodiscard]] std::size_t tail_splits() const noexcept { return tail_splits_; }
  [[nodiscard]] double waiting_flops() const noexcept { return waiting_flops_; }
  /// Every trial has all its records, or was given up.
  [[nodiscard]] bool is_complete() const noexcept { return waiting_.empty() && running_ == 0; }
  /// Nothing runs, and nothing will be handed out.
  [[nodiscard]] bool is_over() const noexcept { return running_ == 0 && (draining_ || waiting_.empty()); }

 private:
  struct LaneState {
    bool trained = false;
    bool over = false;                ///< diverged or failed: no more records are expected
    std::vector<std::uint8_t> there;  ///< one per evaluation of the pack: 1 if its record has arrived
  };
  struct Attempt {
    study::Pack pack;
    int failures = 0;       ///< of exactly these lanes
    bool is_fresh = false;  ///< never tried: it has no checkpoint that cutting it would lose
    double started = 0;     ///< time at which it was handed out
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
  std::unordered_map<std::size_t, std::size_t> most_lanes_;  ///< by group, where larger packs ran out of memory
  std::vector<GivenUp> given_up_;
  bool keeps_models_ = true;
  bool draining_ = false;
  bool nothing_fits_ = false;  ///< no waiting pack fits into the time left

  bool is_short_next_ = false;
  bool splits_tail_ = true;
  std::size_t tail_splits_ = 0;
  double now_ = 0;
  double waiting_overhead_ = 0;
  double finished_flops_ = 0;    // overhead included; divided by finished_seconds_ it is the speed of one worker
  double finished_seconds_ = 0;  // summed over workers
  TailPlan plan_;
  double planned_at_ = 0;
  bool has_plan_ = false;
};

}  // namespace eigensweep::sweep
