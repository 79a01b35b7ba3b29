// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "eigensweep/core/json.hpp"
#include "eigensweep/study/plan/pack.hpp"

namespace eigensweep::sweep {

/// The costs of rank 0, in seconds. The defaults were measured (docs/clusters.md says how). measure_costs() measures
/// them on this machine.
struct CoordinatorCosts {
  double turn = 3e-6;              ///< one turn of its loop: poll, probe, read the clock
  double message = 5e-6;           ///< receive, decode and handle a message of another rank that is not a record
  double record = 7e-6;            ///< receive, decode and checksum a record, and copy it for the ledger
  double disk = 10e-6;             ///< disk time that each record adds to an append
  double append = 3.5e-3;          ///< write and fdatasync of an append
  double dispatch = 105e-6;        ///< make, encode and send the task of a pack
  double latency = 20e-6;          ///< of a message
  double progress_per_second = 4;  ///< progress messages of a busy worker; all workers together: at most 1000
};

/// Pause in seconds after an append that took `seconds`. Appends to a fast disk take at most a tenth of rank 0's time,
/// and a kill loses the records of about a quarter of a second at most. The trials of lost records run again.
constexpr double pause_after_append(double seconds) { return seconds < 0.025 ? 10 * seconds : 0.25; }

/// Synthetic trials, which need no study. Their shapes cost from 1 to `range`, evenly spaced in the logarithm.
struct SyntheticWork {
  std::size_t trials = 1000;
  double seconds_per_trial = 1;  ///< mean, without the overhead of packs
  double range = 10;
  double overhead = 0.5;        ///< fixed cost of a pack, in trials of its shape
  std::size_t most_lanes = 16;  ///< of a pack
  std::size_t evaluations = 3;  ///< per trial; each makes a record, and the training makes one more
};

/// Packs of such trials for so many workers, longest first, as study::form_packs() makes them. Their flops are seconds.
std::vector<study::Pack> synthetic_packs(const SyntheticWork& work, std::size_t workers);

struct SimulationOptions {
  std::size_t workers = 1;
  double flops_per_second = 1;  ///< of a worker
  double spread = 0.1;          ///< standard deviation of log(real time / predicted time) of a pack
  double train_share = 0.7;     ///< share of a pack's time that training takes; then come its training records
  bool splits_tail = true;
  std::uint64_t seed = 0;
  CoordinatorCosts costs;
};

struct SimulationResult {
  double makespan = 0;     ///< seconds until the last record is durable
  double bound = 0;        ///< lower bound for schedules of whole packs: max(work / workers, longest pack)
  double utilisation = 0;  ///< share of all workers' time that was spent on packs
  double load = 0;         ///< share of its time that rank 0 was busy
  double mean_wait = 0;    ///< seconds from a worker's last message, at rank 0, until its next pack is sent
  double longest_wait = 0;
  double wait_99 = 0;     ///< 99th percentile of the waits
  double dry_at = 0;      ///< time from which no pack was waiting
  double tail_idle = 0;   ///< idle seconds after that, summed over workers
  std::size_t packs = 0;  ///< handed out
  std::size_t tail_splits = 0;
  std::size_t records = 0;
  std::size_t appends = 0;  ///< to the ledger
};

/// Simulates a run in virtual time with the real coordinator. Workers take the predicted time times a random factor;
/// messages and the ledger cost what `costs` says. Start-up, failures and the writing of results.h5, which uses a
/// second thread, are left out. Deterministic for equal arguments.
SimulationResult simulate(std::vector<study::Pack> packs, const SimulationOptions& options);

}  // namespace eigensweep::sweep
