// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/plan/pack.hpp"

namespace eigensweep::sweep {

/// What rank 0 spends on what, in seconds. The defaults were measured (docs/clusters.md says how); `measure_costs`
/// measures them on this machine.
struct CoordinatorCosts {
  double turn = 3e-6;        ///< a turn of its loop: poll, probe, look at the clock
  double message = 5e-6;     ///< a message from another rank, but for records: received, decoded, acted upon
  double record = 7e-6;      ///< a record: received, decoded, checksummed, copied for the ledger
  double disk = 10e-6;       ///< what each record adds to an append, beside the processor's part: the disk's bandwidth
  double append = 3.5e-3;    ///< write and fdatasync of all records of a turn
  double dispatch = 105e-6;  ///< a pack handed out: its task made, encoded, sent
  double latency = 20e-6;    ///< of a message on its way
  double progress_per_second = 4;  ///< messages about its progress that a busy worker sends; all: at most 1000
};

/// How long records wait for company after an append that took so long: appends take at most a tenth of rank 0's time,
/// and who is killed loses no more than a quarter of a second's records, whose trials run again.
constexpr double pause_after_append(double seconds) { return seconds < 0.025 ? 10 * seconds : 0.25; }

/// Trials that nobody has to write a study for: shapes whose trials cost from 1 to `range`, evenly in the logarithm.
struct SyntheticWork {
  std::size_t trials = 1000;
  double seconds_per_trial = 1;  ///< mean; a trial's share of a pack
  double range = 10;
  double overhead = 0.5;        ///< of a pack beside its lanes, in mean trials
  std::size_t most_lanes = 16;  ///< of a pack
  std::size_t evaluations = 3;  ///< per trial, each a record; its training is one more
};

/// Packs of such trials for so many workers, longest first, as study::form_packs makes them. flops are seconds.
std::vector<study::Pack> synthetic_packs(const SyntheticWork& work, std::size_t workers);

struct SimulationOptions {
  std::size_t workers = 1;
  double flops_per_second = 1;  ///< of a worker
  double spread = 0.1;          ///< standard deviation of the logarithm of what a pack takes over what was predicted
  double train_share = 0.7;     ///< of a pack's time, when its trainings' records are made; its evaluations' follow
  bool splits_tail = true;
  std::uint64_t seed = 0;
  CoordinatorCosts costs;
};

struct SimulationResult {
  double makespan = 0;     ///< seconds until the last record is durable
  double bound = 0;        ///< no schedule of whole packs is shorter: max(work / workers, longest pack)
  double utilisation = 0;  ///< share of all workers' time that went into packs
  double load = 0;         ///< share of its time that the coordinator was busy
  double mean_wait = 0;    ///< seconds from a worker's last word until its next pack is under way to it
  double longest_wait = 0;
  double wait_99 = 0;     ///< of a hundred waits 99 are shorter
  double dry_at = 0;      ///< when nothing waited any more
  double tail_idle = 0;   ///< seconds that workers idled after that, all together
  std::size_t packs = 0;  ///< handed out
  std::size_t tail_splits = 0;
  std::size_t records = 0;
  std::size_t appends = 0;  ///< to the ledger
};

/// A run in virtual time: the real coordinator and schedule; workers that take as long as predicted, times a random
/// factor; messages and a ledger that cost what `costs` says. Start-up, failures and the publishing of results.h5,
/// which has a thread of its own, are left out. The same for equal arguments.
SimulationResult simulate(std::vector<study::Pack> packs, const SimulationOptions& options);

}  // namespace eigensweep::sweep
